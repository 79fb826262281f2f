import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../packages/inference/src/media/find-ffmpeg.ts';
import {
  createSyntheticClip,
  type SyntheticClip,
} from '../../packages/inference/test/support/synthetic-clip.ts';
import { writeMovie } from '../../packages/inference/test/support/write-movie.ts';

/** The balloon, small and short; it goes by slowly enough for a few frames to look alike. */
export function balloon(width: number, height: number, frames: number): SyntheticClip {
  return createSyntheticClip({ width, height, frames, span: 48, pillar: false });
}

/** Clicks of a clip as `--points` takes them. */
export function clicksOf(clip: SyntheticClip): string {
  return clip.clicks.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
}

/** Writes a clip as a movie; H.264 unless said. */
export async function writeClip(
  path: string,
  clip: SyntheticClip,
  encode?: readonly string[],
): Promise<void> {
  const { width, height } = clip;
  const frames = Array.from({ length: clip.frames }, (_, index) => clip.frame(index).rgb);
  await writeMovie(path, { width, height, frames, ...(encode === undefined ? {} : { encode }) });
}

/** Cuts a movie into PNG frames `plate.<number>.png`, the first of them numbered `first`. */
export async function writeSequence(folder: string, movie: string, first: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  await ffmpeg('-i', movie, '-start_number', String(first), join(folder, 'plate.%04d.png'));
  return join(folder, 'plate.####.png');
}

/** Runs the ffmpeg roto would use. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  const { ffmpeg: program } = await findFfmpeg();
  await promisify(execFile)(program, ['-hide_banner', '-loglevel', 'error', '-y', ...args]);
}
