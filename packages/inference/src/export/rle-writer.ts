import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ResultOutput } from '@roto/sdk/contract';
import { FrameOrder } from './frame-order.ts';
import { outputFailure } from './output-failure.ts';
import { resultOutput } from './result-output.ts';
import { compressRuns, runLengths } from './rle.ts';
import { Staging } from './staging.ts';
import { stampRecord } from './stamp.ts';
import type { MatteFrame, MatteWriter, WriterContext } from './writer.ts';

/**
 * Writes `roto.rle/1`: one JSON file whose `frames` are COCO run-length masks (`size` is height,
 * width; `counts` the compressed string, which pycocotools decodes as it stands) with their frame
 * numbers, one a line. Alpha of a half and more is inside. One frame is in memory at a time.
 */
export class RleWriter implements MatteWriter {
  readonly #context: WriterContext;
  readonly #order: FrameOrder;
  #staging: Staging | undefined;
  #file: FileHandle | undefined;

  constructor(context: WriterContext) {
    this.#context = context;
    this.#order = new FrameOrder(context);
  }

  async write(frame: MatteFrame): Promise<void> {
    this.#context.signal.throwIfAborted();
    this.#order.take(frame);
    const { number, matte } = frame;
    const counts = compressRuns(runLengths(matte.alpha, matte.width, matte.height));
    const line = JSON.stringify({ frame: number, size: [matte.height, matte.width], counts });
    await this.#append(this.#file === undefined ? `${this.#head()}\n${line}` : `,\n${line}`);
  }

  async complete(): Promise<void> {
    try {
      this.#context.signal.throwIfAborted();
      this.#order.complete();
      await this.#append('\n]}\n');
      await this.#file?.datasync();
      await this.#close();
    } catch (cause) {
      await this.abort();
      throw outputFailure(cause, this.#context.path);
    }
  }

  async publish(): Promise<ResultOutput> {
    await this.#staging?.publish([basename(this.#context.path)]);
    return resultOutput('rle', this.#context);
  }

  async abort(): Promise<void> {
    await this.#close();
    await this.#staging?.discard();
  }

  /** Everything before the frames, up to the open bracket. */
  #head(): string {
    const { clip, firstFrame, lastFrame, object, stamp } = this.#context;
    const head = JSON.stringify({
      schema: 'roto.rle/1',
      roto: stampRecord(stamp),
      object,
      width: clip.width,
      height: clip.height,
      rate: clip.rate,
      firstFrame,
      lastFrame,
      frames: [],
    });
    return head.slice(0, -2);
  }

  async #append(text: string): Promise<void> {
    this.#staging ??= await Staging.open(dirname(this.#context.path));
    try {
      this.#file ??= await open(this.#staging.path(basename(this.#context.path)), 'wx');
      await this.#file.appendFile(text);
    } catch (cause) {
      throw outputFailure(cause, this.#context.path);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
