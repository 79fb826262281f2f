import { resolve } from 'node:path';
import { type FramePrompt, RotoError, type ShotObject } from '@roto/sdk/contract';
import type { EnginePrompt, MaskPicture } from '../engine/engine.ts';
import { readMaskPicture } from '../matte/read-mask.ts';
import type { ClipInfo } from '../media/clip.ts';
import { type TrackPrompt, trackPrompt } from '../track/anchor.ts';

/**
 * Checks the prompts of an object against the clip and reads their mask files. Prompts on the same
 * frame are put together.
 *
 * @throws RotoError `prompt_missing`, `frame_out_of_range`, `prompt_outside_picture`,
 *   `mask_unreadable`, `invalid_shot`
 */
export async function resolvePrompts(
  object: Pick<ShotObject, 'name'>,
  prompts: readonly FramePrompt[],
  clip: ClipInfo,
  base: string,
): Promise<TrackPrompt[]> {
  const byFrame = new Map<number, FramePrompt[]>();
  for (const prompt of prompts) {
    byFrame.set(prompt.frame, [...(byFrame.get(prompt.frame) ?? []), prompt]);
  }
  const resolved: TrackPrompt[] = [];
  for (const [frame, said] of byFrame) {
    checkFrame(frame, clip, `a prompt of ${object.name}`);
    resolved.push(trackPrompt(frame, await framePrompt(object.name, said, clip, base)));
  }
  return resolved;
}

/** @throws RotoError `frame_out_of_range` */
export function checkFrame(frame: number, clip: ClipInfo, what: string): void {
  const isInside = frame >= clip.firstFrame && frame <= clip.lastFrame;
  if (isInside && Number.isInteger(frame)) return;
  throw new RotoError(
    'frame_out_of_range',
    `Expected ${what} on a frame of ${clip.firstFrame}-${clip.lastFrame} but received frame ${frame}.`,
    { param: 'frame' },
  );
}

async function framePrompt(
  name: string,
  said: readonly FramePrompt[],
  clip: ClipInfo,
  base: string,
): Promise<EnginePrompt> {
  const points = said.flatMap((prompt) => prompt.points);
  for (const point of points) checkPoint(point, clip);
  const boxes = said.flatMap((prompt) => (prompt.box === undefined ? [] : [prompt.box]));
  const masks = said.flatMap((prompt) => (prompt.mask === undefined ? [] : [prompt.mask]));
  const frame = said[0]?.frame ?? clip.firstFrame;
  if (boxes.length > 1 || masks.length > 1) {
    throw new RotoError(
      'invalid_shot',
      `Expected at most one box and one mask for ${name} on frame ${frame} but received ${boxes.length} and ${masks.length}.`,
      { param: boxes.length > 1 ? 'box' : 'mask' },
    );
  }
  const [box] = boxes;
  const [mask] = masks;
  if (points.length === 0 && box === undefined && mask === undefined) {
    throw new RotoError(
      'prompt_missing',
      `Expected a point, a box or a mask for ${name} on frame ${frame} but none came.`,
      { param: 'prompts' },
    );
  }
  return {
    points,
    ...(box === undefined ? {} : { box: checkBox(box, clip) }),
    ...(mask === undefined ? {} : { mask: await readMask(resolve(base, mask), clip) }),
    ...(mask === undefined && said.some(({ correction }) => correction === true)
      ? { correction: true }
      : {}),
  };
}

/** @throws RotoError `prompt_outside_picture` */
export function checkPoint(
  point: { readonly x: number; readonly y: number },
  clip: ClipInfo,
): void {
  const inside = point.x >= 0 && point.y >= 0 && point.x <= clip.width && point.y <= clip.height;
  if (inside) return;
  throw new RotoError(
    'prompt_outside_picture',
    `Expected a point inside the picture of ${clip.width}x${clip.height} but received ${point.x},${point.y}.`,
    { param: 'points' },
  );
}

/** A box may reach over the border; what lies outside is cut off. */
export function checkBox(
  box: NonNullable<EnginePrompt['box']>,
  clip: ClipInfo,
): NonNullable<EnginePrompt['box']> {
  const x1 = Math.max(0, Math.min(box.x1, box.x2));
  const y1 = Math.max(0, Math.min(box.y1, box.y2));
  const x2 = Math.min(clip.width, Math.max(box.x1, box.x2));
  const y2 = Math.min(clip.height, Math.max(box.y1, box.y2));
  if (x2 - x1 >= 1 && y2 - y1 >= 1) return { x1, y1, x2, y2 };
  throw new RotoError(
    'prompt_outside_picture',
    `Expected a box that covers a pixel or more of the picture of ${clip.width}x${clip.height} but received ${box.x1},${box.y1},${box.x2},${box.y2}.`,
    { param: 'box' },
  );
}

async function readMask(path: string, clip: ClipInfo): Promise<MaskPicture> {
  const mask = await readMaskPicture(path);
  checkMask(mask, clip, path);
  return mask;
}

/** @throws RotoError `mask_unreadable` where the mask has not the plate's size or shows nothing */
export function checkMask(mask: MaskPicture, clip: ClipInfo, path: string): void {
  if (mask.width !== clip.width || mask.height !== clip.height) {
    throw new RotoError(
      'mask_unreadable',
      `Expected a mask of the plate's size ${clip.width}x${clip.height} but ${path} is ${mask.width}x${mask.height}.`,
      { param: 'mask' },
    );
  }
  if (mask.data.length !== mask.width * mask.height) {
    throw new RotoError(
      'mask_unreadable',
      `Expected one byte a pixel, ${mask.width * mask.height} of them, but ${path} has ${mask.data.length}.`,
      { param: 'mask' },
    );
  }
  if (!mask.data.some((value) => value > 127)) {
    throw new RotoError(
      'mask_unreadable',
      `Expected white where the object is but ${path} is black.`,
      {
        param: 'mask',
      },
    );
  }
}
