import { basename, dirname } from 'node:path';
import { type ResultOutput, RotoError } from '@roto/sdk/contract';
import { type FfmpegProcess, startFfmpeg } from '../media/ffmpeg.ts';
import { countMovieFrames } from './count-movie-frames.ts';
import { FrameOrder } from './frame-order.ts';
import { type MovieParts, movieOptions, pictureInput, timedStream } from './movie-options.ts';
import { outputFailure } from './output-failure.ts';
import { resultOutput } from './result-output.ts';
import type { InterruptibleWriter } from './serial-writer.ts';
import { Staging } from './staging.ts';
import type { TimedPictures } from './timed-pictures.ts';
import type { MatteFrame } from './writer.ts';

/**
 * Pipes raw pictures to one ffmpeg, never more than one ahead of what it has taken. A finished file
 * is counted before it gets its name.
 */
export class MovieWriter implements InterruptibleWriter {
  readonly #parts: MovieParts;
  readonly #name: string;
  readonly #order: FrameOrder;
  /** Two, so that one is filled while the other is taken by ffmpeg. */
  readonly #buffers: readonly [Uint8Array, Uint8Array];
  readonly #timed: TimedPictures | undefined;
  #taken: Promise<boolean> = Promise.resolve(true);
  #staging: Staging | undefined;
  #process: FfmpegProcess | undefined;

  constructor(parts: MovieParts) {
    this.#parts = parts;
    this.#name = basename(parts.context.path);
    this.#order = new FrameOrder(parts.context);
    const { frameBytes } = parts.recipe;
    this.#timed = timedStream(parts);
    this.#buffers = [new Uint8Array(frameBytes), new Uint8Array(frameBytes)];
  }

  async write(frame: MatteFrame): Promise<void> {
    const { context, recipe } = this.#parts;
    context.signal.throwIfAborted();
    this.#order.take(frame);
    const buffer = this.#buffers[this.#order.count % 2 === 0 ? 0 : 1];
    recipe.pack(frame, buffer);
    this.#process ??= await this.#start();
    if (!(await this.#taken)) await this.#fail(this.#process);
    const seconds = this.#parts.times?.seconds[this.#order.count - 1] ?? 0;
    if (this.#timed !== undefined) this.#process.stdin?.write(this.#timed.pictureHead(seconds));
    this.#taken = send(this.#process, buffer);
  }

  async complete(): Promise<void> {
    const { context, tools } = this.#parts;
    try {
      context.signal.throwIfAborted();
      this.#order.complete();
      this.#process ??= await this.#start();
      this.#process.stdin?.end();
      await this.#process.done;
      refuseUnclosed(this.#process, context.path);
      const path = this.#staging?.path(this.#name) ?? '';
      this.#order.expect(await countMovieFrames(tools, path, context.signal));
      await this.#staging?.flush(this.#name);
    } catch (cause) {
      await this.abort();
      throw cause;
    }
  }

  async publish(): Promise<ResultOutput> {
    const { context, recipe } = this.#parts;
    await this.#staging?.publish([this.#name]);
    return resultOutput(recipe.format, context);
  }

  interrupt(): void {
    this.#process?.kill();
  }

  async abort(): Promise<void> {
    this.interrupt();
    // Whatever it says now: its file must be closed before the folder can go.
    await this.#process?.done.catch(() => undefined);
    await this.#staging?.discard();
  }

  async #start(): Promise<FfmpegProcess> {
    const { context, tools, audio } = this.#parts;
    this.#staging = await Staging.open(dirname(context.path));
    const process = startFfmpeg({
      tools,
      inputs: [pictureInput(this.#parts), ...(audio === undefined ? [] : [audio.input])],
      outputs: [{ to: this.#staging.path(this.#name), options: movieOptions(this.#parts) }],
      signal: context.signal,
      failure: { code: 'encode_failed', message: `Could not write ${context.path}` },
    });
    if (this.#timed !== undefined) process.stdin?.write(this.#timed.head);
    return process;
  }

  /** ffmpeg no longer takes pictures: its own reason, or ours where it gives none. */
  async #fail(process: FfmpegProcess): Promise<never> {
    await process.done;
    throw new RotoError(
      'encode_failed',
      `Could not write ${this.#parts.context.path}: ffmpeg ended before the last frame`,
    );
  }
}

/** Resolves when the whole picture is in the pipe; false where ffmpeg has closed it. */
function send(process: FfmpegProcess, picture: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    if (process.stdin === undefined) resolve(false);
    else process.stdin.write(picture, (error) => resolve(!error));
  });
}

/** Some builds end with status 0 though the last bytes did not reach the disk. */
function refuseUnclosed(process: FfmpegProcess, path: string): void {
  const said = process.stderr();
  if (/No space left on device/i.test(said)) {
    throw outputFailure(Object.assign(new Error(said), { code: 'ENOSPC' }), path);
  }
  if (/Error (writing trailer|closing file)/i.test(said)) {
    throw new RotoError('encode_failed', `Could not write ${path}: its end was not written`, {
      cause: new Error(said),
    });
  }
}
