import { type ResultOutput, RotoError } from '@roto/sdk/contract';
import type { MatteFrame, MatteWriter } from './writer.ts';

/** A writer that can be told to make haste: what waits on another program then fails at once. */
export interface InterruptibleWriter extends MatteWriter {
  interrupt?(): void;
}

/**
 * Lets one call at a time into a writer, so that an abort that comes while a frame is being written
 * (another output of the run failed) waits for it and then really leaves nothing.
 */
export class SerialWriter implements MatteWriter {
  readonly #inner: InterruptibleWriter;
  #last: Promise<unknown> = Promise.resolve();
  readonly #aborting = new AbortController();

  constructor(inner: InterruptibleWriter) {
    this.#inner = inner;
  }

  write(frame: MatteFrame): Promise<void> {
    return this.#next(() => this.#inner.write(frame));
  }

  complete(): Promise<void> {
    return this.#next(() => this.#inner.complete());
  }

  publish(): Promise<ResultOutput> {
    return this.#next(() => this.#inner.publish());
  }

  async abort(): Promise<void> {
    this.#aborting.abort(new RotoError('internal', 'The writer of this output was aborted'));
    this.#inner.interrupt?.();
    await this.#last;
    await this.#inner.abort();
  }

  #next<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => {
      this.#aborting.signal.throwIfAborted();
      return call();
    });
    // The caller hears of a failure; the next in line only waits.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
