import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  RotoError,
  type RunEvent,
  type RunIdentity,
  type Shot,
  type TaskEvent,
  type TaskProgress,
} from '@roto/sdk/contract';
import type { TaskRow } from '../db/queries/tasks.ts';
import { findVideo } from '../db/queries/videos.ts';
import type { Db } from '../db/types.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { Log } from '../log.ts';
import { paramsOf } from '../services/task-params.ts';
import type { RunOutcome } from '../services/task-run.ts';
import { taskPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import type { ClipStore } from './clip-store.ts';
import { portableReport } from './portable-report.ts';
import { storeResults } from './store-results.ts';
import { restoreTrack, TrackCopy } from './track-copy.ts';

/** What a run of a task stands on. */
export interface RunTaskDeps {
  readonly db: Db;
  readonly storage: Storage;
  readonly clips: ClipStore;
  readonly host: HostProcess;
  readonly log: Log;
  /** Folder of this machine's work: `cache` is everybody's, `tasks/<id>` the task's own. */
  readonly scratch: string;
  /** Milliseconds between two copies of the track to storage. */
  readonly copyEveryMs: number;
}

/** How a run tells of itself. */
export interface RunTaskOptions {
  readonly signal: AbortSignal;
  readonly onStart: (run: RunIdentity) => void;
  readonly onProgress: (progress: TaskProgress) => void;
  readonly onWarning: (warning: NonNullable<TaskEvent['warning']>) => void;
  /** The copy of the track in storage is as new as can be; `prefix` is where it lies. */
  readonly onCopied: (prefix: string) => Promise<void>;
}

/**
 * Runs a task: brings the clip and what was tracked before, lets the host run the shot, and sends
 * the results. Nothing of it is in the database before the caller says so.
 * @throws what the host throws; the signal's reason
 */
export async function runTask(
  deps: RunTaskDeps,
  task: TaskRow,
  options: RunTaskOptions,
): Promise<RunOutcome> {
  const { scratch, storage } = deps;
  const { signal, onProgress } = options;
  const folder = join(scratch, 'tasks', task.id);
  const out = join(folder, 'out');
  const cache = join(scratch, 'cache');
  await rm(folder, { recursive: true, force: true });
  await mkdir(out, { recursive: true, mode: 0o700 });
  try {
    const place = taskPrefix(task.user_id, task.video_id ?? '', task.id);
    const shot = await preparedShot(deps, task, folder, options);
    const { track } = paramsOf(task);
    for (const prefix of [track, task.snapshot_key]) {
      if (typeof prefix === 'string') await restoreTrack(storage, prefix, cache, signal);
    }
    const copy = new TrackCopy(storage, cache, `${place}track/`);
    const answer = await followedRun(deps, { shot, folder, out, cache, copy }, options);
    const results = await storeResults({
      storage,
      out,
      outputs: answer.outputs,
      prefix: `${place}results/`,
      signal,
      onProgress: (done, total) => onProgress({ stage: 'store', done, total }),
    });
    return {
      device: answer.device,
      report: portableReport(answer, { video: task.video_id ?? '', out }),
      results,
      track: { prefix: `${place}track/`, files: copy.files },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what a task that came to nothing left in storage. */
export async function removeTaskObjects(
  storage: Storage,
  { user_id, video_id, id }: Pick<TaskRow, 'user_id' | 'video_id' | 'id'>,
  part: 'results/' | '',
): Promise<void> {
  if (video_id === null) return;
  const keys: string[] = [];
  for await (const { key } of storage.list(`${taskPrefix(user_id, video_id, id)}${part}`)) {
    keys.push(key);
  }
  await storage.delete(keys);
}

/** The task's shot with the clip in its place, and with masks of prompts as files. */
async function preparedShot(
  { db, clips }: RunTaskDeps,
  task: TaskRow,
  folder: string,
  { signal, onProgress }: RunTaskOptions,
): Promise<Shot> {
  const video = await findVideo(db, task.video_id ?? '');
  if (video === undefined) throw new RotoError('not_found', 'The video of the task was deleted.');
  const path = await clips.open(video, {
    signal,
    onProgress: (done, total) => onProgress({ stage: 'fetch', done, total }),
  });
  const { shot } = paramsOf(task);
  const objects = await Promise.all(
    shot.objects.map(async (object) => ({
      ...object,
      prompts: await withMaskFiles(object.prompts, folder),
      locked: await Promise.all(
        object.locked.map(async (lock) => ({
          ...lock,
          prompts: await withMaskFiles(lock.prompts, folder),
        })),
      ),
    })),
  );
  return { ...shot, source: { ...shot.source, path }, objects };
}

type Prompts = Shot['objects'][number]['prompts'];
let maskCount = 0;

async function withMaskFiles(prompts: Prompts, folder: string): Promise<Prompts> {
  return Promise.all(
    prompts.map(async (prompt) => {
      if (prompt.mask === undefined) return prompt;
      maskCount += 1;
      const path = join(folder, `mask-${maskCount}.png`);
      const base64 = prompt.mask.slice(prompt.mask.indexOf(',') + 1);
      await writeFile(path, Buffer.from(base64, 'base64'), { mode: 0o600 });
      return { ...prompt, mask: path };
    }),
  );
}

interface FollowedRun {
  readonly shot: Shot;
  readonly folder: string;
  readonly out: string;
  readonly cache: string;
  readonly copy: TrackCopy;
}

/** Lets the host run, copying the track to storage now and then, and once more when it stops. */
async function followedRun(
  { host, log, copyEveryMs }: RunTaskDeps,
  { shot, folder, out, cache, copy }: FollowedRun,
  { signal, onStart, onProgress, onWarning, onCopied }: RunTaskOptions,
) {
  let track: string | undefined;
  let copying: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    copying = copying.then(async () => {
      if (track === undefined) return;
      await copy.save(await host.call('trackFiles', { track, cache }));
      await onCopied(copy.prefix);
    });
    return copying;
  };
  const saveQuietly = () =>
    save().catch((error: unknown) => {
      copying = Promise.resolve();
      log.warn({ err: error }, 'could not copy a track');
    });
  const timer = setInterval(() => void saveQuietly(), copyEveryMs);
  const onEvent = (event: RunEvent) => {
    if (event.event === 'start') {
      const { engine, model, device } = event;
      track = event.track;
      onStart({ engine, model, device });
    } else if (event.event === 'warning') onWarning(event.warning);
    else if (event.event === 'progress') onProgress(toProgress(event));
  };
  try {
    const answer = await host.call('run', { shot, base: folder, out, cache }, { signal, onEvent });
    clearInterval(timer);
    await save();
    return answer;
  } catch (error) {
    clearInterval(timer);
    // Handed back or failed, another attempt goes on from here; a host that is gone has nothing more.
    await (host.pid === undefined ? copying.catch(() => undefined) : saveQuietly());
    throw error;
  }
}

function toProgress(event: Extract<RunEvent, { event: 'progress' }>): TaskProgress {
  const stage = event.stage === 'export' ? 'export' : 'track';
  const { done, total, frame, framesPerSecond, secondsLeft } = event;
  return {
    stage,
    done,
    total,
    ...(frame === undefined ? {} : { frame }),
    ...(framesPerSecond === undefined ? {} : { framesPerSecond }),
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  };
}
