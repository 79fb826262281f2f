// How long roto --help takes to start, against a bare node -e 0, in turn, in one run:
// npm run bench start -- [times]. The goal is 3 times as long at most.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const times = Number(process.argv[2] ?? 15);
const bin = fileURLToPath(new URL('../bin/roto.js', import.meta.url));
const programs = {
  node: ['-e', '0'],
  help: [bin, '--help'],
  version: [bin, '--version'],
};

const taken: Record<string, number[]> = {};
for (let round = 0; round <= times; round += 1) {
  for (const [name, args] of Object.entries(programs)) {
    const beganMs = performance.now();
    const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name} ended with ${status}`);
    // The first round fills the caches of the disk.
    if (round > 0) taken[name] = [...(taken[name] ?? []), performance.now() - beganMs];
  }
}
const bare = medianOf(taken['node']);
for (const [name, all] of Object.entries(taken)) {
  const ms = medianOf(all);
  console.log(`${name.padEnd(8)} ${ms.toFixed(0)} ms, ${(ms / bare).toFixed(2)} times bare node`);
}

function medianOf(values: readonly number[] = []): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
