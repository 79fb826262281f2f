import { RotoError } from '@roto/sdk/contract';
import type { MatteFrame, WriterContext } from './writer.ts';

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

  /** @throws RotoError `encode_failed` where it is not the next one or not of the clip's size */
  take({ number: frame, matte, plate }: MatteFrame): void {
    const { clip } = this.#context;
    for (const picture of plate === undefined ? [matte] : [matte, plate]) {
      if (picture.width !== clip.width || picture.height !== clip.height) {
        throw new RotoError(
          'encode_failed',
          `Expected frame ${frame} at ${clip.width}x${clip.height} for ${this.#context.path}, but it is ${picture.width}x${picture.height}`,
        );
      }
    }
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
