import { join, resolve } from 'node:path';
import {
  type PreviewSummary,
  parseShot,
  RotoError,
  type Shot,
  type ShotInput,
} from '@roto/sdk/contract';
import sharp from 'sharp';
import { companionsOf } from '../engine/companions.ts';
import type { EnginePool } from '../engine/engine-pool.ts';
import { ExportHost } from '../export/export-host.ts';
import { frameDigits } from '../export/frame-file.ts';
import { writePictures } from '../export/write-pictures.ts';
import { type Matte, matteArea } from '../matte/alpha.ts';
import { overlayColors, overlayMatte } from '../matte/overlay.ts';
import type { Frame } from '../media/clip.ts';
import { resolveEngine } from '../models/resolve-engine.ts';
import { cacheFolder } from '../track/cache-folder.ts';
import { openTracking, type Tracking } from '../track/open-tracking.ts';
import { readMaskAt } from '../track/read-mask-at.ts';
import { trackObjects } from '../track/tracking.ts';
import { type OpenShot, openShot } from './open-shot.ts';
import { resultClip } from './result-clip.ts';

/** Which frame is shown, and where it is written. */
export interface PreviewShotOptions {
  /** Frame to look at; the first prompted one unless said. */
  readonly frame?: number;
  /** Folder for the mattes and the overlay; nothing is written unless said. */
  readonly out?: string;
  /** Folder that relative paths of the shot start from; the current one unless said. */
  readonly base?: string;
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  /** Engines shared with other jobs; one is loaded for this one alone unless given. */
  readonly engines?: EnginePool;
  /** Replaces pictures that are there already. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

/** One frame with its mattes, as a person sees it. */
export interface ShotPreview extends PreviewSummary {
  /** The plate with every object laid over it, 8-bit RGB at the plate's size. */
  readonly overlay: { readonly width: number; readonly height: number; readonly rgb: Uint8Array };
  /** The same as a PNG file. */
  readonly overlayPng: Uint8Array;
}

interface PreviewedObject {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly score: number;
  readonly matte: Matte;
}

/** Shows the mattes of one frame. A frame that is not prompted is tracked to, and stays cached. */
export async function previewShot(
  input: ShotInput,
  options: PreviewShotOptions = {},
): Promise<ShotPreview> {
  const parsed = parseShot(input);
  const frame = options.frame ?? firstPromptedFrame(parsed);
  // The whole clip may be looked at, and only as much as leads to the frame is tracked.
  const source = { ...parsed.source, range: { first: frame, last: frame } };
  const shot: Shot = { ...parsed, source, engine: { ...parsed.engine, direction: 'both' } };
  const base = resolve(options.base ?? '.');
  const cacheDir = cacheFolder(options.cache);
  const { config: engine } = await resolveEngine(shot.engine, { base, light: true });
  const companions = companionsOf(engine);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const open = await openShot(shot, { base, cacheDir, companions, ...signal });
  try {
    const { missingFrames } = shot.source;
    const shared = options.engines === undefined ? {} : { engines: options.engines };
    const place = { clip: open.clip.info, engine, cacheDir, missingFrames, ...shared };
    const tracking = await openTracking({ ...place, ...signal });
    try {
      const plate = await open.clip.frame(frame, options.signal);
      const objects = await previewObjects(open, tracking, plate, options.signal);
      return await present({ open, tracking, plate, objects }, options);
    } finally {
      await tracking.close();
    }
  } finally {
    await open.clip.close();
  }
}

function firstPromptedFrame(shot: Shot): number {
  const frames = shot.objects.flatMap((object) => object.prompts.map((prompt) => prompt.frame));
  if (frames.length > 0) return Math.min(...frames);
  throw new RotoError('prompt_missing', 'Expected a point, a box or a mask but none came.', {
    param: 'prompts',
    hint: 'Say where the object is: a point on it, a box around it or a mask.',
  });
}

async function previewObjects(
  open: OpenShot,
  { host, store }: Tracking,
  plate: Frame,
  signal: AbortSignal | undefined,
): Promise<PreviewedObject[]> {
  const plans = open.objects.map((object) => object.plan);
  const stop = signal === undefined ? {} : { signal };
  for await (const _ of trackObjects({ clip: open.clip, host, store, plans, ...stop }));
  const renderer = new ExportHost();
  try {
    const objects: PreviewedObject[] = [];
    for (const [index, { id, name, plan }] of open.objects.entries()) {
      const cached = await readMaskAt(store, plan, plate.number);
      const mask = cached.state === 'tracked' ? cached.mask : undefined;
      const matte = await renderer.render(mask, plate, open.shot.matte);
      const own = open.shot.objects[index]?.color;
      const color = own ?? overlayColors[index % overlayColors.length] ?? '#ff3b30';
      objects.push({ id, name, color, score: mask?.score ?? 0, matte });
    }
    return objects;
  } finally {
    await renderer.close();
  }
}

interface PreviewedFrame {
  readonly open: OpenShot;
  readonly tracking: Tracking;
  readonly plate: Frame;
  readonly objects: readonly PreviewedObject[];
}

async function present(
  { open, tracking, plate, objects }: PreviewedFrame,
  options: PreviewShotOptions,
): Promise<ShotPreview> {
  const overlay = objects.reduce(
    (picture, object) => overlayMatte(picture, object.matte, object.color),
    plate,
  );
  const { width, height, rgb } = overlay;
  const overlayPng = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const { engine, model, device } = tracking.host.identity;
  return {
    frame: plate.number,
    clip: resultClip(open.clip.info),
    engine,
    model: { ...model },
    device,
    objects: objects.map(({ id, name, score, matte }) => ({
      id,
      name,
      score,
      present: score > 0.5,
      area: matteArea(matte),
    })),
    files: await writePreview(overlayPng, objects, plate.number, options),
    overlay: { width, height, rgb },
    overlayPng,
  };
}

async function writePreview(
  overlayPng: Uint8Array,
  objects: readonly PreviewedObject[],
  frame: number,
  options: PreviewShotOptions,
): Promise<string[]> {
  if (options.out === undefined) return [];
  const out = resolve(options.out);
  const number = frameDigits(frame);
  const pictures = [{ path: join(out, `overlay.${number}.png`), bytes: overlayPng }];
  for (const { name, matte } of objects) {
    const { width, height, alpha } = matte;
    const png = sharp(alpha, { raw: { width, height, channels: 1 } })
      .toColourspace('grey16')
      .png();
    pictures.push({ path: join(out, name, `${name}.${number}.png`), bytes: await png.toBuffer() });
  }
  await writePictures(pictures, options.overwrite ?? false);
  return pictures.map((picture) => picture.path);
}
