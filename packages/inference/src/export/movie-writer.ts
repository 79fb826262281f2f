import { basename, dirname } from 'node:path';
import { type ResultOutput, RotoError } from '@roto/sdk/contract';
import { type FfmpegProcess, pipe, startFfmpeg } from '../media/ffmpeg.ts';
import type { FfmpegTools } from '../media/find-ffmpeg.ts';
import { countMovieFrames } from './count-movie-frames.ts';
import { FrameOrder } from './frame-order.ts';
import type { MovieRecipe } from './movie-recipe.ts';
import { colorOptions } from './output-color.ts';
import { outputFailure } from './output-failure.ts';
import type { PlateAudio } from './plate-audio.ts';
import { resultOutput } from './result-output.ts';
import type { InterruptibleWriter } from './serial-writer.ts';
import { Staging } from './staging.ts';
import { stampText } from './stamp.ts';
import { timecodeAt } from './timecode.ts';
import type { MatteFrame, WriterContext } from './writer.ts';

/** What a movie is made with. */
export interface MovieParts {
  readonly context: WriterContext;
  readonly recipe: MovieRecipe;
  readonly tools: FfmpegTools;
  readonly audio: PlateAudio | undefined;
}

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
  #taken: Promise<boolean> = Promise.resolve(true);
  #staging: Staging | undefined;
  #process: FfmpegProcess | undefined;

  constructor(parts: MovieParts) {
    this.#parts = parts;
    this.#name = basename(parts.context.path);
    this.#order = new FrameOrder(parts.context);
    const { frameBytes } = parts.recipe;
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
    this.#taken = send(this.#process, buffer);
  }

  async finish(): Promise<ResultOutput> {
    const { context, recipe, tools } = this.#parts;
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
      await this.#staging?.publish([this.#name]);
    } catch (cause) {
      await this.abort();
      throw cause;
    }
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
    return startFfmpeg({
      tools,
      inputs: [rawInput(this.#parts), ...(audio === undefined ? [] : [audio.input])],
      outputs: [{ to: this.#staging.path(this.#name), options: outputOptions(this.#parts) }],
      signal: context.signal,
      failure: { code: 'encode_failed', message: `Could not write ${context.path}` },
    });
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

function rawInput({ context, recipe }: MovieParts) {
  const { num, den } = context.clip.rate;
  const { width, height } = recipe.coded;
  return {
    from: pipe,
    options: [
      ...['-f', 'rawvideo', '-pix_fmt', recipe.pixelFormat, '-video_size', `${width}x${height}`],
      ...['-framerate', `${num}/${den}`, ...colorOptions(recipe.color)],
    ],
  } as const;
}

/** No clock, no build name goes into the file: the same frames give the same bytes. */
function outputOptions({ context, recipe, audio }: MovieParts): string[] {
  const { num, den } = context.clip.pixelAspect;
  const timecode = timecodeAt(context.clip, context.firstFrame);
  return [
    ...['-map', '0:v:0', ...(audio?.options ?? []), '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-vf', `setsar=sar=${num}/${den}:max=100000`, '-c:v', recipe.encoder, ...recipe.options],
    ...['-pix_fmt', recipe.pixelFormat, ...colorOptions(recipe.color)],
    ...['-metadata', `comment=${stampText(context.stamp)}`],
    ...(timecode === undefined ? [] : timecodeOptions(recipe.container, timecode)),
    ...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'],
    ...(recipe.container === 'webm' ? [] : ['-movflags', '+write_colr+faststart']),
    ...['-f', recipe.container],
  ];
}

/** MOV and MP4 have a track for it; WebM, like Matroska, a tag. */
function timecodeOptions(container: MovieRecipe['container'], timecode: string): string[] {
  return container === 'webm'
    ? ['-metadata:s:v:0', `timecode=${timecode}`]
    : ['-timecode', timecode];
}
