import { RotoError } from '@roto/sdk/contract';
import type { WriterContext } from './writer.ts';

/** Sees to it that the frames of an output come in order, each once, and all of them. */
export class FrameOrder {
  readonly #context: WriterContext;
  #next: number;

  constructor(context: WriterContext) {
    this.#context = context;
    this.#next = context.firstFrame;
  }

  /** The number of frames taken so far. */
  get count(): number {
    return this.#next - this.#context.firstFrame;
  }

  /** The number of frames the output is to have. */
  get total(): number {
    return this.#context.lastFrame - this.#context.firstFrame + 1;
  }

  /** @throws RotoError `encode_failed` where `frame` is not the next one */
  take(frame: number): void {
    if (frame !== this.#next || frame > this.#context.lastFrame) {
      throw new RotoError(
        'encode_failed',
        `Expected frame ${this.#next} of ${this.#context.firstFrame}-${this.#context.lastFrame} for ${this.#context.path}, but frame ${frame} came`,
      );
    }
    this.#next += 1;
  }

  /** @throws RotoError `encode_failed` where frames are missing */
  complete(): void {
    this.expect(this.count);
  }

  /** @throws RotoError `encode_failed` where `written` is not the number of frames of the range */
  expect(written: number): void {
    if (written === this.total) return;
    throw new RotoError(
      'encode_failed',
      `Expected ${this.total} frames in ${this.#context.path}, but ${written} were written`,
    );
  }
}
