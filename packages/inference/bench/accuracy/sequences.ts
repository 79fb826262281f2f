import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { EnginePrompt } from '../../src/engine/engine.ts';
import type { Frame } from '../../src/media/clip.ts';
import { findFfmpeg } from '../../src/media/find-ffmpeg.ts';
import type { BinaryMask } from './measures.ts';

/** Where the prompts of a run come from: three clicks, the box and the clicks, or the true mask. */
export type PromptMode = 'points' | 'box' | 'mask';

/** A clip with the truth for every frame. */
export interface Sequence {
  readonly name: string;
  readonly frames: readonly Frame[];
  readonly truth: readonly BinaryMask[];
  /** What a user would say on the first frame. */
  prompt(mode: PromptMode): EnginePrompt;
}

/** Folder of the DAVIS sequences; outside the repository. */
export const davisFolder = join(
  process.env['ROTO_TEST_DATA'] ??
    fileURLToPath(new URL('../../../../../shared/data', import.meta.url)),
  'davis2016-train',
);

/** Names of the sequences that are there. */
export async function listSequences(): Promise<string[]> {
  const entries = await readdir(davisFolder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function decodeRgb(path: string, count: number): Promise<Buffer> {
  const { ffmpeg } = await findFfmpeg();
  const child = spawn(
    ffmpeg,
    [
      ...['-v', 'error', '-i', path, '-frames:v', String(count)],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readTruth(path: string): Promise<BinaryMask> {
  const { data, info } = await sharp(path)
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: Uint8Array.from(data, (value) => (value > 127 ? 1 : 0)),
  };
}

interface DavisPrompts {
  readonly points: readonly (readonly [number, number])[];
  readonly box: readonly [number, number, number, number];
}

function promptOf(prompts: DavisPrompts, truth: BinaryMask, mode: PromptMode): EnginePrompt {
  if (mode === 'mask') {
    return { points: [], mask: { ...truth, data: truth.data.map((value) => value * 255) } };
  }
  const points = prompts.points.map(([x, y]) => ({
    x: x + 0.5,
    y: y + 0.5,
    label: 'positive' as const,
  }));
  const [x1, y1, x2, y2] = prompts.box;
  return { points, ...(mode === 'box' ? { box: { x1, y1, x2, y2 } } : {}) };
}

/** A DAVIS sequence with its truth, of which the first `limit` frames. */
export async function readSequence(name: string, limit: number): Promise<Sequence> {
  const folder = join(davisFolder, name);
  const masks = (await readdir(join(folder, 'masks'))).filter((file) => file.endsWith('.png'));
  const count = Math.min(masks.length, limit);
  const names = masks.sort().slice(0, count);
  const truth = await Promise.all(names.map((file) => readTruth(join(folder, 'masks', file))));
  const prompts: DavisPrompts = JSON.parse(await readFile(join(folder, 'prompts.json'), 'utf8'));
  const [first] = truth;
  if (first === undefined) {
    throw new Error(`No masks in ${folder}`);
  }
  const { width, height } = first;
  const bytes = await decodeRgb(join(folder, 'clip.mp4'), count);
  const size = width * height * 3;
  const frames = truth.map((_, number) => ({
    number,
    width,
    height,
    rgb: new Uint8Array(bytes.subarray(number * size, (number + 1) * size)),
  }));
  return { name, frames, truth, prompt: (mode) => promptOf(prompts, first, mode) };
}
