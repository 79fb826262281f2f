import { type MaskPreview, type PreviewMaskParams, RotoError, type Shot } from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import { keepPrompts } from '../db/queries/task-videos.ts';
import type { UserRow } from '../db/queries/users.ts';
import { findVideo } from '../db/queries/videos.ts';
import type { Db } from '../db/types.ts';
import type { Storage } from '../storage/storage.ts';
import { clipFacts } from './clip-facts.ts';
import { requireConfirmed } from './masks.ts';
import type { PreviewLane, PreviewParams } from './preview-lane.ts';
import { requestedShot } from './requested-shot.ts';

/** What {@link previewMask} stands on. */
export interface PreviewDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly previews: PreviewLane;
}

/** Seconds that the address of the picture is good for. */
const urlSeconds = 60 * 60;

/**
 * Shows what prompts select on one frame, and leaves prompts and mask on the video.
 * @throws RotoError `email_unconfirmed`, `not_found`, `video_not_ready`, `preview_busy`, and what is
 *   wrong with the prompts
 */
export async function previewMask(
  { db, clock, storage, previews }: PreviewDeps,
  user: UserRow,
  videoId: string,
  asked: PreviewMaskParams,
): Promise<MaskPreview> {
  requireConfirmed(user);
  const video = await findVideo(db, videoId, user.id);
  if (video === undefined) {
    throw new RotoError('not_found', 'There is no such video.', { param: 'id' });
  }
  const shot = requestedShot({ ...asked, outputs: ['png8'] }, clipFacts(video));
  const params = previewParams(shot, asked.frame);
  const { overlayKey, encoderRuns: _, ...look } = await previews.look(video, params);
  const [first] = params.objects;
  await keepPrompts(db, videoId, {
    points: keptPoints(first?.points ?? []),
    bbox: first?.box === undefined ? null : keptBox(first.box),
    maskData: look,
    now: clock(),
  });
  const expiresAt = secondsAfter(clock(), urlSeconds);
  const overlayUrl = await storage.url(overlayKey, {
    expiresAt,
    filename: 'preview.png',
    inline: true,
  });
  return { ...look, overlayUrl };
}

/**
 * Everything the shot says of one frame: the one asked for, else its first prompted one.
 * @throws RotoError `prompt_missing` for an object that is not prompted there
 */
function previewParams({ source, objects }: Shot, asked: number | undefined): PreviewParams {
  const frames = objects.flatMap(({ prompts }) => prompts.map(({ frame }) => frame));
  const frame = asked ?? Math.min(...frames);
  return {
    source,
    frame,
    objects: objects.map(({ id, name, color, prompts }) => {
      const said = prompts.find((prompt) => prompt.frame === frame);
      if (said === undefined || (said.points.length === 0 && said.box === undefined)) {
        throw new RotoError(
          'prompt_missing',
          `Expected a point or a box for ${name} on frame ${frame} but none came.`,
          { param: 'frame' },
        );
      }
      return {
        id,
        name,
        points: said.points,
        ...(color === undefined ? {} : { color }),
        ...(said.box === undefined ? {} : { box: said.box }),
      };
    }),
  };
}

function keptPoints(points: PreviewParams['objects'][number]['points']) {
  const of = (label: 'positive' | 'negative') =>
    points.filter((point) => point.label === label).map(({ x, y }): [number, number] => [x, y]);
  return points.length === 0 ? null : { positive: of('positive'), negative: of('negative') };
}

function keptBox({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }) {
  return { x: x1, y: y1, w: x2 - x1, h: y2 - y1 };
}
