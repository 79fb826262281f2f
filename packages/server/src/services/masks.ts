import {
  type Estimate,
  type EstimateQuery,
  type ExportParams,
  estimateOutputBytes,
  type FrameRange,
  type GenerateMasksParams,
  type GreenscreenParams,
  type Quality,
  RotoError,
  type Shot,
  ShotMatte,
  type Task,
} from '@roto/sdk/contract';
import type { Config } from '../config.ts';
import { json } from '../db/column-types.ts';
import { addTaskEvent } from '../db/queries/task-events.ts';
import { lockVideo } from '../db/queries/task-videos.ts';
import { addTask, findTracked, nextTurn } from '../db/queries/tasks.ts';
import type { UserRow } from '../db/queries/users.ts';
import type { VideoRow } from '../db/queries/videos.ts';
import { listWorkers } from '../db/queries/workers.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Trx } from '../db/types.ts';
import { newId } from '../new-id.ts';
import { chooseEngine } from './abilities.ts';
import { type ClipFacts, clipFacts } from './clip-facts.ts';
import { estimateCredits, type Priced } from './estimate.ts';
import { requireCredits, reserve } from './ledger.ts';
import { requestedShot, toOutput, workedFrames } from './requested-shot.ts';
import { eventOf } from './task-events.ts';
import { paramsOf, trackOf } from './task-params.ts';
import { enqueueTask } from './task-queue.ts';
import { type TaskDeps, toTask } from './tasks.ts';
import { tierOf } from './tiers.ts';

/** What the functions here stand on. */
export interface MaskDeps extends TaskDeps {
  readonly config: Config;
  /** Called within the transaction with what was made. */
  readonly answered?: (trx: Trx, task: Task) => Promise<void>;
}

/**
 * Lets a video's objects be followed and cut out. The task, its job and its credits come together or
 * not at all.
 * @throws RotoError `email_unconfirmed`, `not_found`, `video_not_ready`, `model_unavailable`,
 *   `forbidden`, `quota_exceeded`, and what is wrong with the shot
 */
export async function generateMasks(
  deps: MaskDeps,
  user: UserRow,
  videoId: string,
  params: GenerateMasksParams,
): Promise<Task> {
  requireConfirmed(user);
  return inTransaction(deps.db, async (trx) => {
    const video = await ownVideo(trx, user, videoId);
    const facts = clipFacts(video);
    const shot = requestedShot(withKeptPrompts(params, video), facts);
    requireQuality(user, shot.engine.quality);
    const { engine, model, requires } = chooseEngine(
      shot.engine,
      await listWorkers(trx, deps.clock()),
    );
    const work = { ...shot, engine };
    return startTask(trx, deps, {
      user,
      video,
      facts,
      shot: work,
      action: 'generate_masks',
      priced: engine.quality,
      model,
      requires,
    });
  });
}

/**
 * Makes a greenscreen movie of what a task has tracked, without tracking again.
 * @throws RotoError as {@link exportTracked}
 */
export function makeGreenscreen(
  deps: MaskDeps,
  user: UserRow,
  videoId: string,
  { task_id, color, despill }: GreenscreenParams,
): Promise<Task> {
  const output = { format: 'greenscreen' as const, premultiplied: false, color, despill };
  const asked = { videoId, taskId: task_id, action: 'greenscreen' as const };
  return startExport(deps, user, { ...asked, change: (shot) => ({ ...shot, outputs: [output] }) });
}

/**
 * Writes other files of what a task has tracked, without tracking again.
 * @throws RotoError as {@link generateMasks}; `not_found` where nothing was tracked
 */
export function exportTracked(
  deps: MaskDeps,
  user: UserRow,
  videoId: string,
  { task_id, outputs, matte, range }: ExportParams,
): Promise<Task> {
  const change = (shot: Shot, facts: ClipFacts): Shot => {
    const tracked = workedFrames(shot, facts);
    if (range !== undefined) requireTracked(range, tracked);
    return {
      ...shot,
      source: { ...shot.source, range: range ?? tracked },
      matte: ShotMatte.parse({ ...shot.matte, ...matte }),
      outputs: outputs.map(toOutput),
    };
  };
  return startExport(deps, user, { videoId, taskId: task_id, action: 'export', change });
}

/** @throws RotoError `track_incomplete` */
function requireTracked({ first, last }: FrameRange, tracked: FrameRange): void {
  if (first <= last && first >= tracked.first && last <= tracked.last) return;
  throw new RotoError(
    'track_incomplete',
    `Expected frames from ${tracked.first} to ${tracked.last}, which were tracked, but received ${first} to ${last}.`,
    { param: 'range' },
  );
}

interface AskedExport {
  readonly videoId: string;
  readonly taskId: string | undefined;
  readonly action: 'greenscreen' | 'export';
  readonly change: (shot: Shot, facts: ClipFacts) => Shot;
}

async function startExport(
  deps: MaskDeps,
  user: UserRow,
  { videoId, taskId, action, change }: AskedExport,
): Promise<Task> {
  requireConfirmed(user);
  return inTransaction(deps.db, async (trx) => {
    const video = await ownVideo(trx, user, videoId);
    const facts = clipFacts(video);
    const tracked = await findTracked(trx, videoId, taskId);
    if (tracked === undefined) {
      throw new RotoError('not_found', 'The video has no completed masks to make it from.', {
        param: 'task_id',
        hint: 'Generate masks first.',
      });
    }
    return startTask(trx, deps, {
      user,
      video,
      facts,
      shot: change(paramsOf(tracked).shot, facts),
      action,
      priced: 'greenscreen',
      model: tracked.model ?? tracked.requires,
      requires: tracked.requires,
      ...trackOf(tracked),
    });
  });
}

/** What work on a video would cost, at most. */
export async function estimateCost(
  deps: Pick<MaskDeps, 'db' | 'config'>,
  user: UserRow,
  videoId: string,
  { quality, outputs, first, last }: EstimateQuery,
): Promise<Estimate> {
  return inTransaction(deps.db, async (trx) => {
    const facts = clipFacts(await ownVideo(trx, user, videoId));
    const range = { first: first ?? facts.firstFrame, last: last ?? facts.lastFrame };
    if (
      range.first > range.last ||
      range.first < facts.firstFrame ||
      range.last > facts.lastFrame
    ) {
      throw new RotoError(
        'frame_out_of_range',
        `Expected frames from ${facts.firstFrame} to ${facts.lastFrame}, the first before the last.`,
        { param: 'first' },
      );
    }
    const frames = range.last - range.first + 1;
    const { width, height, rate } = facts;
    const credits = await estimateCredits(
      { db: trx, config: deps.config },
      { priced: quality, frames, rate },
    );
    const bytes = outputs.reduce(
      (sum, format) => sum + estimateOutputBytes(format, { width, height, frames }),
      0,
    );
    return { quality, frames, seconds: (frames * rate.den) / rate.num, credits, bytes };
  });
}

interface NewTask {
  readonly user: UserRow;
  readonly video: VideoRow;
  readonly facts: ClipFacts;
  readonly shot: Shot;
  readonly action: 'generate_masks' | 'greenscreen' | 'export';
  readonly priced: Priced;
  readonly model: string;
  readonly requires: string;
  /** Where the files of an earlier task's track lie. */
  readonly track?: string;
}

async function startTask(trx: Trx, deps: MaskDeps, asked: NewTask): Promise<Task> {
  const { user, video, facts, shot, action, priced, model, requires, track } = asked;
  const { first, last } = workedFrames(shot, facts);
  const frames = last - first + 1;
  requireSpace(user, resultBytes(shot, facts, frames));
  const credits = await estimateCredits(
    { db: trx, config: deps.config },
    { priced, frames, rate: facts.rate },
  );
  const id = newId('task');
  const now = deps.clock();
  // Before anything is written: requests of one account come one after the other from here on.
  await requireCredits(trx, user.id, credits);
  const turn = await nextTurn(trx, user.id);
  const task = await addTask(trx, {
    id,
    user_id: user.id,
    video_id: video.id,
    credit_action: action,
    credit_cost: credits,
    quality: shot.engine.quality,
    model,
    requires,
    turn,
    params: json<Record<string, unknown>>({ shot, ...(track === undefined ? {} : { track }) }),
    created_at: now,
    updated_at: now,
  });
  await reserve(trx, deps, { userId: user.id, taskId: id, credits });
  await enqueueTask(trx, deps, { id, user_id: user.id, requires, turn });
  await addTaskEvent(trx, eventOf(task), now);
  const made = toTask(task);
  await deps.answered?.(trx, made);
  return made;
}

/** Prompts of the request, else those of the last preview. */
function withKeptPrompts(params: GenerateMasksParams, { points, bbox, mask_data }: VideoRow) {
  if (params.shot !== undefined || params.points !== undefined || params.bbox !== undefined) {
    return params;
  }
  const kept = typeof mask_data === 'object' && mask_data !== null ? mask_data : {};
  const frame = 'frame' in kept && typeof kept.frame === 'number' ? kept.frame : undefined;
  const clicks = points && {
    positive: points.positive.map(([x, y]): [number, number] => [x, y]),
    negative: points.negative.map(([x, y]): [number, number] => [x, y]),
  };
  return {
    ...params,
    points: clicks ?? undefined,
    bbox: bbox ?? undefined,
    frame: params.frame ?? frame,
  };
}

function resultBytes(shot: Shot, { width, height }: ClipFacts, frames: number): number {
  return shot.outputs.reduce((sum, { format }) => {
    const files = format === 'greenscreen' ? 1 : shot.objects.length;
    return sum + files * estimateOutputBytes(format, { width, height, frames });
  }, 0);
}

/** @throws RotoError `quota_exceeded` */
function requireSpace(user: UserRow, bytes: number): void {
  const { storageBytes } = tierOf(user);
  const free = storageBytes - user.storage_used.total_bytes;
  if (bytes <= free) return;
  throw new RotoError(
    'quota_exceeded',
    `The results may take ${bytes} bytes, and the account has room for ${Math.max(0, free)}.`,
    { param: 'outputs', hint: 'Delete something, or ask for fewer or smaller outputs.' },
  );
}

/** @throws RotoError `email_unconfirmed` */
export function requireConfirmed(user: UserRow): void {
  if (user.is_confirmed) return;
  throw new RotoError('email_unconfirmed', 'Confirm the e-mail address first.', {
    hint: 'The mail of the registration has the link.',
  });
}

/** @throws RotoError `forbidden` */
function requireQuality(user: UserRow, quality: Quality): void {
  const { qualities, title } = tierOf(user);
  if (qualities.includes(quality)) return;
  throw new RotoError('forbidden', `The tier ${title} has no masks in ${quality} quality.`, {
    param: 'quality',
    hint: `It has ${qualities.join(', ')}.`,
  });
}

async function ownVideo(trx: Trx, user: UserRow, videoId: string): Promise<VideoRow> {
  const video = await lockVideo(trx, videoId, user.id);
  if (video !== undefined) return video;
  throw new RotoError('not_found', 'There is no such video.', { param: 'id' });
}
