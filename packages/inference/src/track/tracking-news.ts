/** What is told of tracking: that one more frame is in the cache, or that it was the last. */
export interface TrackingWord {
  readonly over: boolean;
}

/** Word of tracking for those who wait for frames that the cache does not hold yet. */
export class TrackingNews {
  readonly #listeners = new Set<(word: TrackingWord) => void>();
  #steps = 0;
  #over = false;

  /** How often anything was told. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether all frames are tracked that will be. */
  get over(): boolean {
    return this.#over;
  }

  tell(word: TrackingWord): void {
    this.#steps += 1;
    this.#over ||= word.over;
    for (const listener of [...this.#listeners]) listener(word);
  }

  /** @returns what ends the listening */
  listen(listener: (word: TrackingWord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits until more than `steps` was told, or the signal aborts. */
  async further(steps: number, signal: AbortSignal): Promise<void> {
    if (this.#steps > steps || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const deafen = this.listen(wake);
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    signal.removeEventListener('abort', wake);
    deafen();
  }
}
