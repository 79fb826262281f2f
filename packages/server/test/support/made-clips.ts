import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** A file that ffmpeg made for a test. */
export interface MadeFile {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly sha256: string;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const encoders = {
  mp4: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-preset', 'ultrafast'],
  mov: ['-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le'],
} as const;

/** A movie of moving colours, 12 frames of 64x48 at 24000/1001 unless said. */
export async function madeMovie(
  ending: keyof typeof encoders,
  { frames = 12, size = '64x48' }: { frames?: number; size?: string } = {},
): Promise<MadeFile> {
  const folder = await temporaryFolder();
  const path = join(folder, `clip.${ending}`);
  await ffmpeg(['-frames:v', String(frames), ...encoders[ending], path], size);
  const bytes = await readFile(path);
  return { bytes, sha256: sha256Of(bytes) };
}

/** The frames of a numbered PNG sequence, by their numbers. */
export async function madeFrames(first: number, count: number): Promise<Map<number, MadeFile>> {
  const folder = await temporaryFolder();
  const pattern = join(folder, 'frame.%04d.png');
  await ffmpeg(['-frames:v', String(count), '-start_number', String(first), pattern], '64x48');
  const names = (await readdir(folder)).sort((a, b) => a.localeCompare(b));
  const made = new Map<number, MadeFile>();
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    made.set(Number(name.split('.')[1]), { bytes, sha256: sha256Of(bytes) });
  }
  return made;
}

/** How many pictures a movie has, and what its codec is. */
export async function probed(bytes: Uint8Array): Promise<{ frames: number; codec: string }> {
  const { writeFile } = await import('node:fs/promises');
  const path = join(await temporaryFolder(), 'probed');
  await writeFile(path, bytes);
  const entries = 'stream=codec_name,nb_read_packets';
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-count_packets'],
    ...['-show_entries', entries, '-of', 'json', path],
  ]);
  const [stream] = JSON.parse(stdout).streams;
  return { frames: Number(stream.nb_read_packets), codec: stream.codec_name };
}

async function ffmpeg(output: readonly string[], size: string): Promise<void> {
  const input = `testsrc2=size=${size}:rate=24000/1001`;
  await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', input, ...output]);
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-made-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
