import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { TaskHandle } from '@roto/sdk';
import {
  liteModel,
  type Plan,
  qualityModels,
  Result,
  RotoError,
  type RunEvent,
  type Shot,
  type ShotSource,
  Task,
} from '@roto/sdk/contract';
import type { Io } from '../../io/io.ts';
import type { Server } from '../../server/open-server.ts';
import { readShot } from '../../shot/read-shot.ts';
import type {
  BackendOptions,
  ExportOptions,
  PreviewOptions,
  ShotBackend,
  WriteOptions,
} from '../backend.ts';
import { clipOf, workedRange } from './clip-facts.ts';
import { followTask, startOf } from './follow-task.ts';
import { withInlineMasks } from './inline-masks.ts';
import { outputPlaces, plannedFiles, refuseExisting } from './output-places.ts';
import { chooseRemoteEngine } from './remote-engine.ts';
import { previewRemote } from './remote-preview.ts';
import { findClip, type RemoteClip } from './remote-source.ts';
import { transferEvents } from './transfer-events.ts';
import { isTaskId } from './video-id.ts';

/** Runs shots on a server, as {@link ShotBackend} says, and brings the files here. */
export class RemoteBackend implements ShotBackend {
  readonly #server: Server;
  readonly #io: Pick<Io, 'env'>;
  /** Clips that were found, by place: a command looks at its clip more than once. */
  readonly #clips = new Map<string, Promise<RemoteClip>>();

  constructor(server: Server, io: Pick<Io, 'env'>) {
    this.#server = server;
    this.#io = io;
  }

  async probeClip(source: ShotSource, options: BackendOptions) {
    return clipOf(await this.#clip(source, options), source.startFrame);
  }

  async runShot(shot: Shot, options: WriteOptions): Promise<Result> {
    const { signal, onEvent } = options;
    const clip = await this.#clip(shot.source, options);
    await this.#refuseExisting(shot, clip, options);
    const { engine, warnings } = await chooseRemoteEngine(this.#server, shot.engine, signal);
    for (const warning of warnings) onEvent?.({ event: 'warning', warning });
    const inline = await withInlineMasks({ ...shot, engine }, options.base ?? '.');
    const video_id = clip.video.id;
    const document = { ...inline, source: { ...inline.source, path: video_id } };
    const task = await this.#server.roto.masks.create({ video_id, shot: document }, { signal });
    const result = await this.#finish(task, shot, clip, options);
    return { ...result, warnings: [...warnings, ...result.warnings] };
  }

  async planShot(shot: Shot, options: WriteOptions): Promise<Plan> {
    const { signal } = options;
    const { roto } = this.#server;
    const found = await this.#clip(shot.source, options);
    const clip = clipOf(found, shot.source.startFrame);
    const range = workedRange(shot, found);
    const { engine, warnings } = await chooseRemoteEngine(this.#server, shot.engine, signal);
    const { qualities } = await roto.masks.qualities({ signal });
    const model = modelOf(engine);
    const state = qualities.find((one) => one.available && one.model === model);
    const outputs = shot.outputs.map(({ format }) => format);
    const place = { video_id: found.video.id, quality: engine.quality, outputs };
    const shift = clip.firstFrame - clipOf(found).firstFrame;
    const frames = { first: range.first - shift, last: range.last - shift };
    const cost = await roto.masks.estimate({ ...place, ...frames }, { signal });
    const files = await plannedFiles(outputPlaces(shot, options.out), {
      range,
      overwrite: options.overwrite === true,
    });
    return {
      schema: 'roto.plan/1',
      clip,
      engine: model === liteModel ? 'lite' : 'sam2',
      model: { id: model },
      device: state?.devices.join(', ') ?? engine.device,
      firstFrame: range.first,
      lastFrame: range.last,
      frames: cost.frames,
      credits: cost.credits,
      diskBytes: cost.bytes,
      freeBytes: await freeBytes(options.out),
      files,
      warnings: [...warnings],
    };
  }

  async previewShot(shot: Shot, options: PreviewOptions) {
    return previewRemote(this.#server, shot, await this.#clip(shot.source, options), options);
  }

  async exportTrack(track: string, options: ExportOptions): Promise<Result> {
    if (!isTaskId(track)) return this.#exportDocument(track, options);
    const { roto } = this.#server;
    const { signal } = options;
    const tracked = await roto.tasks.get(track, { signal });
    const { video_id } = tracked.data;
    if (video_id === null)
      throw new RotoError('track_not_found', `The video of ${track} was deleted.`, {
        param: 'track',
      });
    const clip = { video: await roto.videos.wait(video_id, { signal }), path: video_id };
    const { outputs, matte = {}, range } = options;
    const body = { task_id: track, outputs, matte, ...(range === undefined ? {} : { range }) };
    const report = await this.#report(track, signal);
    const objects = report.objects.map(({ id, name }) => ({ id, name, prompts: [], locked: [] }));
    await this.#refuseExisting(
      { objects, outputs, source: { path: video_id, ...(range === undefined ? {} : { range }) } },
      clip,
      options,
    );
    const started = await roto.request(
      { method: 'POST', path: `/api/videos/${video_id}/export`, body, schema: Task },
      { signal },
    );
    const task = await roto.tasks.get(started.id, { signal });
    const result = await this.#finish(task, { objects }, clip, options);
    return { ...result, track };
  }

  /** A document is tracked again where the server's worker has its track no more. */
  async #exportDocument(path: string, options: ExportOptions): Promise<Result> {
    if (path.startsWith('trk_')) {
      throw new RotoError(
        'track_not_found',
        `The track ${path} lies on a machine, not on the server.`,
        {
          param: 'track',
          hint: 'Give the task (tsk_...) that roto tasks list shows, or add --local.',
        },
      );
    }
    const shot = await readShot(path);
    const { outputs, matte, range } = options;
    const source = { ...shot.source, ...(range === undefined ? {} : { range }) };
    const asked = { ...shot, source, outputs, matte: { ...shot.matte, ...matte } };
    return this.runShot(asked, { ...options, base: options.base ?? dirname(path) });
  }

  /** Follows a task, and brings what it made here. */
  async #finish(
    task: TaskHandle,
    shot: Pick<Shot, 'objects'> & { readonly source?: Pick<ShotSource, 'startFrame'> },
    found: RemoteClip,
    options: WriteOptions,
  ): Promise<Result> {
    const { signal, onEvent, out, overwrite = false } = options;
    const clip = clipOf(found, shot.source?.startFrame);
    let isStarted = false;
    const note = (event: RunEvent) => {
      isStarted ||= event.event === 'start';
      onEvent?.(event);
    };
    await followTask(task, { clip, objects: shot.objects, signal, onEvent: note });
    const report = await this.#report(task.id, signal);
    if (!isStarted) note(startOf(report, { clip, objects: shot.objects }, task.id));
    const tell = transferEvents('download', note);
    await task.download(out, {
      signal,
      overwrite,
      onProgress: ({ loadedBytes, totalBytes }) => tell(loadedBytes, totalBytes),
    });
    return {
      ...report,
      clip,
      track: task.id,
      outputs: report.outputs.map((output) => ({ ...output, path: join(out, output.path) })),
    };
  }

  #report(taskId: string, signal: AbortSignal | undefined): Promise<Result> {
    const spec = { method: 'GET', path: `/api/tasks/${taskId}/report`, schema: Result } as const;
    return this.#server.roto.request(spec, { signal });
  }

  async #refuseExisting(
    shot: Pick<Shot, 'objects' | 'outputs'> & {
      readonly source: Pick<ShotSource, 'range' | 'startFrame' | 'path'>;
    },
    found: RemoteClip,
    { out, overwrite = false }: WriteOptions,
  ): Promise<void> {
    const { firstFrame: first, lastFrame: last } = clipOf(found, shot.source.startFrame);
    const range = shot.source.range ?? { first, last };
    refuseExisting(await plannedFiles(outputPlaces(shot, out), { range, overwrite }));
  }

  #clip(source: ShotSource, { base = '.', signal, onEvent }: BackendOptions): Promise<RemoteClip> {
    const { path, range, rate, missingFrames, inputColorspace } = source;
    const key = JSON.stringify([resolve(base, path), range, rate, missingFrames, inputColorspace]);
    const known = this.#clips.get(key);
    if (known !== undefined) return known;
    const finding = findClip(this.#server, this.#io, source, { base, signal, onEvent });
    this.#clips.set(key, finding);
    return finding;
  }
}

/** The model that an engine runs, once it was chosen. */
function modelOf({ name, model, quality }: Shot['engine']): string {
  if (name === 'lite') return liteModel;
  return model ?? qualityModels[quality];
}

/** Bytes that are free where a folder is, or will be. */
async function freeBytes(folder: string): Promise<number> {
  const place = await statfs(folder).catch(() => undefined);
  if (place !== undefined) return place.bavail * place.bsize;
  const above = dirname(folder);
  return above === folder ? 0 : freeBytes(above);
}
