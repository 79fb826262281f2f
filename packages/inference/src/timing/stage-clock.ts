/** Adds up the time spent in the stages of a job. */
export class StageClock {
  readonly #milliseconds = new Map<string, number>();

  async time<T>(stage: string, work: Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work;
    } finally {
      this.#add(stage, performance.now() - start);
    }
  }

  timeSync<T>(stage: string, work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#add(stage, performance.now() - start);
    }
  }

  /** Seconds by stage. */
  seconds(): Record<string, number> {
    return Object.fromEntries([...this.#milliseconds].map(([stage, ms]) => [stage, ms / 1000]));
  }

  #add(stage: string, milliseconds: number): void {
    this.#milliseconds.set(stage, (this.#milliseconds.get(stage) ?? 0) + milliseconds);
  }
}
