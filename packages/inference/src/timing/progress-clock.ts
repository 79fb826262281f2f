/** Steps done so far, of which some were there before the work began. */
export interface StepCount {
  readonly done: number;
  readonly total: number;
  readonly reused: number;
}

/** Turns counts of steps into a rate and a time left; what was reused tells nothing of the rate. */
export class ProgressClock {
  readonly #now: () => number;
  readonly #start: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#start = now();
  }

  rate(count: StepCount): { framesPerSecond: number; secondsLeft: number } {
    const seconds = (this.#now() - this.#start) / 1000;
    const fresh = count.done - count.reused;
    const framesPerSecond = seconds > 0 ? fresh / seconds : 0;
    const left = count.total - count.done;
    return { framesPerSecond, secondsLeft: framesPerSecond > 0 ? left / framesPerSecond : 0 };
  }
}
