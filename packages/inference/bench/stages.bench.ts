// Where the time of a run goes: seconds and share of each stage, and how long the caller's event
// loop ever waited. `npm run bench stages -- [--frames N] [--size WxH] [--formats a,b] [--quality q]`
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OutputFormat, type Result, type ShotInput } from '@roto/sdk/contract';
import { runShot } from '../src/index.ts';
import { createSyntheticClip } from '../test/support/synthetic-clip.ts';
import { writeMovie } from '../test/support/write-movie.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '48' },
    size: { type: 'string', default: '854x480' },
    formats: { type: 'string', default: 'png16' },
    quality: { type: 'string', default: 'standard' },
  },
});

const [width = 854, height = 480] = values.size.split('x').map(Number);
const clip = createSyntheticClip({ width, height, frames: Number(values.frames) });
const folder = await mkdtemp(join(tmpdir(), 'roto-bench-'));
const path = join(folder, 'clip.mp4');
await writeMovie(path, { width, height, frames: pictures() });

const shot: ShotInput = {
  schema: 'roto.shot/1',
  source: { path },
  objects: [
    {
      id: 1,
      name: 'balloon',
      prompts: [
        {
          frame: 0,
          points: clip.clicks.map((click) => ({ ...click, label: 'positive' as const })),
        },
      ],
    },
  ],
  engine: { name: 'lite', quality: values.quality === 'draft' ? 'draft' : 'standard' },
  outputs: values.formats.split(',').map((format) => ({ format: OutputFormat.parse(format) })),
};

function* pictures(): Generator<Uint8Array> {
  for (let index = 0; index < clip.frames; index += 1) yield clip.frame(index).rgb;
}

/** Loads every module a run needs: that blocks once in the life of a process, and is not work. */
const firstFrames = { ...shot, source: { path, range: { first: 0, last: 1 } } };
await runShot(firstFrames, { out: join(folder, 'first'), cache: join(folder, 'first-cache') });

collectGarbage();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const work = watchWork();
const result = await runShot(shot, { out: join(folder, 'out'), cache: join(folder, 'cache') });
delay.disable();
const longestWorkMs = work.stop();
report(result);
await rm(folder, { recursive: true });

/**
 * The most processor time this thread took between two turns of its event loop, in milliseconds.
 * Unlike the wait it does not grow when other programs keep the cores busy.
 */
function watchWork(): { stop(): number } {
  let longest = 0;
  let before = threadMicroseconds();
  const timer = setInterval(() => {
    const now = threadMicroseconds();
    longest = Math.max(longest, now - before);
    before = now;
  }, 2);
  return {
    stop: () => {
      clearInterval(timer);
      return longest / 1000;
    },
  };
}

function threadMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** What making the clip left behind is not to be collected while the run is measured. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/**
 * The export runs beside the tracking, and in it matte work and writing beside decoding, so stages
 * add up to more than the total; the engine's own stages are those of the model. On few cores the
 * export takes time from the engine, whose stages then grow.
 */
function report({ timings, device }: Result): void {
  const total = timings['total'] ?? 0;
  const model = ['encode', 'prompt', 'track'].reduce(
    (sum, stage) => sum + (timings[stage] ?? 0),
    0,
  );
  console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, device ${device}`);
  console.log(
    `${clip.frames} frames of ${width}x${height}, ${values.quality}, ${values.formats}\n`,
  );
  for (const [stage, seconds] of Object.entries(timings).sort((a, b) => b[1] - a[1])) {
    const perFrame = ((1000 * seconds) / clip.frames).toFixed(1);
    const share = ((100 * seconds) / total).toFixed(1);
    console.log(`${stage.padEnd(10)} ${perFrame.padStart(8)} ms a frame ${share.padStart(6)} %`);
  }
  const rest = ((100 * (total - model)) / total).toFixed(1);
  console.log(`\neverything but the engine: ${rest} % of the wall time`);
  const outside = total - (timings['tracking'] ?? 0);
  console.log(
    `before and after tracking: ${((100 * outside) / total).toFixed(1)} % of the wall time`,
  );
  const [longest, usual] = [delay.max, delay.percentile(99)].map((ns) => (ns / 1e6).toFixed(1));
  console.log(`longest wait of the event loop: ${longest} ms; 99 of 100 are below ${usual} ms`);
  console.log(`longest work between two turns of it: ${longestWorkMs.toFixed(1)} ms`);
}

await mkdir('bench-out', { recursive: true });
const longestWaitMs = delay.max / 1e6;
await writeFile(
  'bench-out/stages.json',
  `${JSON.stringify({ seconds: result.timings, longestWaitMs, longestWorkMs }, null, 2)}\n`,
);
