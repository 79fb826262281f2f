import {
  FrameNumber,
  isErrorCode,
  PromptBox,
  PromptPoint,
  RleMask,
  RotoError,
  RunIdentity,
  ShotSource,
} from '@roto/sdk/contract';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import {
  abandonPreviewRequest,
  addPreviewRequest,
  countPreviewRequests,
  findPreviewHome,
  findPreviewRequest,
} from '../db/queries/preview-requests.ts';
import type { VideoRow } from '../db/queries/videos.ts';
import { listWorkers } from '../db/queries/workers.ts';
import type { Db } from '../db/types.ts';
import { newId } from '../new-id.ts';
import type { News } from './news.ts';

/** A look at a frame, on its way to a host. */
export const PreviewParams = z.object({
  /** The path is a placeholder. */
  source: ShotSource,
  frame: FrameNumber,
  objects: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      color: z.string().exactOptional(),
      points: z.array(PromptPoint),
      box: PromptBox.exactOptional(),
    }),
  ),
});
export type PreviewParams = z.infer<typeof PreviewParams>;

/** What a look gave; the picture lies in storage. */
export const PreviewLook = z.object({
  frame: FrameNumber,
  objects: z.array(z.object({ id: z.int(), name: z.string(), score: z.number(), rle: RleMask })),
  run: RunIdentity.exactOptional(),
  overlayKey: z.string(),
  encoderRuns: z.int(),
});
export type PreviewLook = z.infer<typeof PreviewLook>;

/** Milliseconds that a preview waits for a host. */
export const previewPatienceMs = 20_000;

/** The way of previews to a host with the model loaded. */
export interface PreviewLane {
  /**
   * @throws RotoError `preview_busy` where no host was free in time, and what the host throws
   */
  look(video: VideoRow, params: PreviewParams): Promise<PreviewLook>;
}

/** One who serves previews in this process. */
export interface LocalPreviews {
  look(
    video: VideoRow,
    params: PreviewParams,
    patienceMs: number,
  ): Promise<PreviewLook | undefined>;
}

/** The lane of the embedded mode: straight to the host. */
export function directLane(previews: LocalPreviews, patienceMs = previewPatienceMs): PreviewLane {
  return {
    async look(video, params) {
      const look = await previews.look(video, params, patienceMs);
      if (look === undefined) throw busy('All hosts are busy with other previews.');
      return look;
    },
  };
}

/** What the lane through the database stands on. */
export interface RemoteLaneDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** Of the channel of answers. */
  readonly news: News;
  readonly patienceMs?: number | undefined;
}

/** Milliseconds that a host has for an answer once it has taken a request. */
const answerMs = 120_000;
/** Milliseconds after which a video's host may be another one. */
const homeMs = 60 * 60_000;
/** Milliseconds after which it is looked without a message: one may be lost with its connection. */
const lookMs = 1000;

/** The lane of many processes: told to a worker by the database, which carries the answer back too. */
export function remoteLane(deps: RemoteLaneDeps): PreviewLane {
  const { db, clock, news, patienceMs = previewPatienceMs } = deps;
  return {
    async look(video, params) {
      const workerId = await chooseWorker(deps, video.id);
      const id = newId('preview');
      const told = news.follow(id);
      try {
        const request = { id, video_id: video.id, worker_id: workerId, params: { ...params } };
        await addPreviewRequest(db, { ...request, now: clock() });
        return await answerTo(deps, id, told, patienceMs);
      } finally {
        told.close();
      }
    },
  };
}

/** The worker whose host has the video open, else the one with the least before it. */
async function chooseWorker({ db, clock }: RemoteLaneDeps, videoId: string): Promise<string> {
  const now = clock();
  const workers = (await listWorkers(db, now)).filter(({ state }) => state === 'ready');
  const home = await findPreviewHome(db, videoId, new Date(now.getTime() - homeMs));
  if (home !== undefined && workers.some(({ id }) => id === home)) return home;
  const counts = await countPreviewRequests(db);
  const [first] = workers.toSorted((a, b) => (counts.get(a.id) ?? 0) - (counts.get(b.id) ?? 0));
  if (first === undefined) throw busy('No worker runs now.');
  return first.id;
}

async function answerTo(
  { db, clock }: RemoteLaneDeps,
  id: string,
  told: ReturnType<News['follow']>,
  patienceMs: number,
): Promise<PreviewLook> {
  const asked = performance.now();
  for (;;) {
    const request = await findPreviewRequest(db, id);
    const waitedMs = performance.now() - asked;
    if (request?.status === 'answered') return PreviewLook.parse(request.answer);
    if (request?.status === 'failed') throw failureOf(request.answer);
    if (request?.status === 'waiting' && waitedMs >= patienceMs) {
      if (await abandonPreviewRequest(db, id, clock())) {
        throw busy('All hosts are busy with other previews.');
      }
      continue;
    }
    if (waitedMs >= patienceMs + answerMs) {
      throw new RotoError('unavailable', 'The host of the preview does not answer.');
    }
    await told.next(lookMs);
  }
}

function busy(message: string): RotoError {
  return new RotoError('preview_busy', message, { hint: 'Try again in a few seconds.' });
}

const CarriedFailure = z.object({ code: z.string(), message: z.string() });

/** A failure on its way through the database. */
export function previewFailure({ code, message }: z.infer<typeof CarriedFailure>) {
  return { code, message };
}

function failureOf(answer: unknown): RotoError {
  const { code, message } = CarriedFailure.parse(answer);
  return new RotoError(isErrorCode(code) ? code : 'internal', message);
}
