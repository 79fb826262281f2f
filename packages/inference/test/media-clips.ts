import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clip } from '../src/media/clip.ts';
import { type FfmpegSource, runFfmpeg } from '../src/media/ffmpeg.ts';
import { type FfmpegTools, findFfmpeg } from '../src/media/find-ffmpeg.ts';

/** The builds the tests run on: the one found first, and the packaged one of 2018. */
export async function ffmpegBuilds(): Promise<{ name: string; tools: FfmpegTools }[]> {
  const first = await findFfmpeg();
  const packaged = await findFfmpeg({ env: { PATH: '' } });
  const builds = [{ name: `${first.source} ffmpeg ${first.version}`, tools: first }];
  if (packaged.ffmpeg !== first.ffmpeg) {
    builds.push({ name: `packaged ffmpeg ${packaged.version}`, tools: packaged });
  }
  return builds;
}

/** A folder of clips made by ffmpeg, gone after the tests. */
export class ClipFolder {
  path = '';

  async open(): Promise<void> {
    this.path = await mkdtemp(join(tmpdir(), 'roto-media-'));
  }

  async close(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** Makes one clip; `name` may hold any characters. */
  async make(
    name: string,
    from: FfmpegSource,
    options: readonly string[],
    inputOptions: readonly string[] = [],
  ): Promise<string> {
    const to = join(this.path, name);
    await runFfmpeg({
      tools: await findFfmpeg(),
      inputs: [{ from, options: inputOptions }],
      outputs: [{ to, options }],
      failure: { code: 'encode_failed', message: `Could not make ${name}` },
    });
    return to;
  }
}

/** A moving picture in which no two frames are alike. */
export function moving(frames: number, size = '96x64', rate = '25'): FfmpegSource {
  return { lavfi: `testsrc2=s=${size}:r=${rate},trim=end_frame=${frames}` };
}

export function hashOf(pixels: Uint8Array | Uint16Array): string {
  return createHash('sha256').update(pixels).digest('hex').slice(0, 16);
}

/** Hash of every frame by its number, as read in that order. */
export async function hashes(
  clip: Clip,
  direction: 'forward' | 'backward',
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { number, rgb } of clip.frames({ direction })) {
    found.set(number, hashOf(rgb));
  }
  return found;
}
