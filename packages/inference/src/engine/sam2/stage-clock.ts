/** What an engine's time goes to. */
export type Stage = 'encode' | 'prompt' | 'track';

/** Seconds by stage. A stage within another one counts for itself alone. */
export class StageClock {
  readonly #seconds: Record<Stage, number> = { encode: 0, prompt: 0, track: 0 };
  #inner = 0;

  get seconds(): Readonly<Record<Stage, number>> {
    return { ...this.#seconds };
  }

  async timed<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const outer = this.#inner;
    this.#inner = 0;
    const start = performance.now();
    try {
      return await work();
    } finally {
      const seconds = (performance.now() - start) / 1000;
      this.#seconds[stage] += seconds - this.#inner;
      this.#inner = outer + seconds;
    }
  }
}
