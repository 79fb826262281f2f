// Kill -9 at many moments of a run, run again: the mattes must equal those of an uninterrupted run
// bit for bit. `npm run soak kill -- [--kills 12] [--frames 60]`
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSyntheticClip } from '../test/support/synthetic-clip.ts';
import { writeMovie } from '../test/support/write-movie.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '12' }, frames: { type: 'string', default: '60' } },
});
const roto = join(import.meta.dirname, '../../cli/bin/roto.js');
const clip = createSyntheticClip({ width: 320, height: 180, frames: Number(values.frames) });
const folder = await mkdtemp(join(tmpdir(), 'roto-kill-'));
const path = join(folder, 'clip.mp4');
const pictures = Array.from({ length: clip.frames }, (_, i) => clip.frame(i).rgb);
await writeMovie(path, { width: 320, height: 180, frames: pictures });

const started = performance.now();
await mask('whole', undefined);
const seconds = (performance.now() - started) / 1000;
const expected = await fingerprint('whole');

let wrong = 0;
const kills = Number(values.kills);
for (let i = 0; i < kills; i += 1) {
  const name = `killed-${i}`;
  const killAfterMs = (1000 * seconds * (i + 1)) / (kills + 1);
  await mask(name, killAfterMs);
  const files = await readdir(join(folder, name), { recursive: true }).catch(() => []);
  const left = files.filter((path) => /\.\w+$/.test(path) && !path.includes('.roto-part-'));
  await mask(name, undefined);
  const same = (await fingerprint(name)) === expected;
  if (!same) wrong += 1;
  console.log(
    `killed after ${(killAfterMs / 1000).toFixed(1)} s: ${same ? 'equal' : 'DIFFERENT'}; ${left.length} files under final names`,
  );
}
await rm(folder, { recursive: true });
console.log(
  `${kills - wrong} of ${kills} equal to the uninterrupted run of ${seconds.toFixed(1)} s`,
);
process.exitCode = wrong === 0 ? 0 : 1;

/** One run of the CLI with a cache and an output folder of its own, killed where that is asked. */
async function mask(name: string, killAfterMs: number | undefined): Promise<void> {
  const points = clip.clicks.map(({ x, y }) => `${x},${y}`).join(' ');
  const args = ['mask', path, '--points', points, '--local', '--format', 'png16,prores4444'];
  const places = [
    '--overwrite',
    '-o',
    join(folder, name),
    '--cache',
    join(folder, `${name}.cache`),
  ];
  const child = spawn(process.execPath, [roto, ...args, ...places], { stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs ?? 2 ** 31 - 1);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (killAfterMs === undefined && status !== 0)
    throw new Error(`roto ended with status ${status}`);
}

/** Hash of every file below an output folder, names and bytes. */
async function fingerprint(name: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  for (const file of files.sort()) {
    hash.update(file.slice(join(folder, name).length)).update(await readFile(file));
  }
  return hash.digest('hex');
}
