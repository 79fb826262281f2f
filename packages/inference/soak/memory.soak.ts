// Memory must not grow with the length of the clip: peak resident memory of `roto mask` on a clip
// of 300 frames and on one of 3,000 small frames. `npm run soak memory -- [--frames 300,3000]`
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSyntheticClip } from '../test/support/synthetic-clip.ts';
import { writeMovie } from '../test/support/write-movie.ts';

const { values } = parseArgs({ options: { frames: { type: 'string', default: '300,3000' } } });
const roto = join(import.meta.dirname, '../../cli/bin/roto.js');
const size = { width: 192, height: 108 };

const peaks: number[] = [];
for (const frames of values.frames.split(',').map(Number)) {
  const folder = await mkdtemp(join(tmpdir(), 'roto-soak-'));
  const clip = createSyntheticClip({ ...size, frames });
  const path = join(folder, 'clip.mp4');
  await writeMovie(path, { ...size, frames: pictures(frames) });
  const points = clip.clicks.map(({ x, y }) => `${x},${y}`).join(' ');
  const args = ['mask', path, '--points', points, '--local', '--quality', 'draft', '--format'];
  const peak = await peakMemory([
    ...args,
    'png16,greenscreen',
    '-o',
    join(folder, 'out'),
    '--cache',
    join(folder, 'cache'),
  ]);
  peaks.push(peak);
  console.log(`${frames} frames: peak ${(peak / 1e6).toFixed(0)} MB`);
  await rm(folder, { recursive: true });

  function* pictures(count: number): Generator<Uint8Array> {
    for (let i = 0; i < count; i += 1) yield clip.frame(i).rgb;
  }
}
const [short = 1, long = 1] = peaks;
const growth = 100 * (long / short - 1);
console.log(`the longer clip took ${growth.toFixed(1)} % more`);
process.exitCode = growth <= 10 ? 0 : 1;

/** Highest resident memory of roto itself, as the kernel counts it, in bytes. */
async function peakMemory(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [roto, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
    peak = Math.max(peak, kilobytes * 1024);
  }, 200);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Error(`roto ended with status ${status}`);
  return peak;
}
