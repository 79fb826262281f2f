// npm run demo: makes a clip from code, masks it from two clicks with the real command, and
// compares the mattes with the truth.
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Result } from '@roto/sdk/contract';
import { readMovie } from '../../packages/inference/test/support/read-movie.ts';
import {
  createSyntheticClip,
  type SyntheticClip,
  type SyntheticFrame,
} from '../../packages/inference/test/support/synthetic-clip.ts';
import { writeMovie } from '../../packages/inference/test/support/write-movie.ts';
import { writeContactSheet } from './contact-sheet.ts';
import { framePath, intersectionOverUnion, readMatte } from './score-mattes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const wholePath = 48;
const { values } = parseArgs({
  options: {
    /** Fewer frames show only the beginning of the balloon's path. */
    frames: { type: 'string', default: String(wholePath) },
    out: { type: 'string', default: join(root, 'demo-out') },
  },
});
const out = resolve(values.out);
const clipPath = join(out, 'clip.mp4');
const sheetPath = join(out, 'contact-sheet.png');
const sheetRows = 8;

async function demo(): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const clip = createSyntheticClip({ frames: Number(values.frames), span: wholePath });
  console.log(`Rendering ${clip.frames} frames of ${clip.width}x${clip.height} from code ...`);
  const truth = Array.from({ length: clip.frames }, (_, index) => clip.frame(index));
  await writeMovie(clipPath, {
    width: clip.width,
    height: clip.height,
    frames: truth.map((frame) => frame.rgb),
  });

  const clicks = clip.clicks.map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`).join(' ');
  const args = ['mask', clipPath, '--points', clicks, '--object', 'balloon', '--local', '--json'];
  args.push('--format', 'png8,prores4444,greenscreen', '-o', out, '--cache', join(out, 'cache'));
  console.log(`\nroto ${args.map(quote).join(' ')}\n`);
  const said = await roto(args);
  await writeFile(join(out, 'result.json'), said);
  const result = Result.parse(JSON.parse(said));

  const mattes = await readMattes(result);
  const scores = truth.map(({ alpha }, index) =>
    intersectionOverUnion(alpha, mattes[index] ?? new Uint8Array(alpha.length)),
  );
  await drawSheet(clip, truth, mattes, scores, result);
  report(result, scores);
}

/** Runs the command of this clone and resolves to its standard output; progress is shown. */
function roto(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'bin', 'roto.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) resolve(said);
      else reject(new Error(`roto mask ended with ${signal ?? status}. ${said}`));
    });
  });
}

function outputOf(result: Result, format: string): string {
  const output = result.outputs.find((candidate) => candidate.format === format);
  if (output === undefined) throw new Error(`roto wrote no ${format}`);
  return output.path;
}

async function readMattes(result: Result): Promise<Uint8Array[]> {
  const pattern = outputOf(result, 'png8');
  const { firstFrame, lastFrame } = result.clip;
  const frames = Array.from({ length: lastFrame - firstFrame + 1 }, (_, at) => firstFrame + at);
  return Promise.all(
    frames.map(async (frame) => (await readMatte(framePath(pattern, frame))).alpha),
  );
}

async function drawSheet(
  clip: SyntheticClip,
  truth: readonly SyntheticFrame[],
  mattes: readonly Uint8Array[],
  scores: readonly (number | undefined)[],
  result: Result,
): Promise<void> {
  const keyed = await readMovie(outputOf(result, 'greenscreen'), clip.width, clip.height);
  const rows = Array.from({ length: sheetRows }, (_, row) => row).flatMap((row) => {
    const index = Math.round((row * (clip.frames - 1)) / (sheetRows - 1));
    const frame = truth[index];
    const matte = mattes[index];
    const green = keyed[index];
    if (frame === undefined || matte === undefined || green === undefined) return [];
    return {
      title: `frame ${index}   IoU ${scores[index]?.toFixed(3) ?? '-'}`,
      pictures: [
        { data: frame.rgb, channels: 3 as const },
        { data: frame.alpha, channels: 1 as const },
        { data: matte, channels: 1 as const },
        { data: green, channels: 3 as const },
      ],
    };
  });
  const columns = ['plate', 'true alpha', 'roto', 'greenscreen'];
  await writeContactSheet(sheetPath, { width: clip.width, height: clip.height, rows, columns });
}

function report(result: Result, scores: readonly (number | undefined)[]): void {
  const visible = scores.filter((score) => score !== undefined);
  const mean = visible.reduce((sum, score) => sum + score, 0) / visible.length;
  const total = result.timings['total'] ?? 0;
  const frames = scores.length;
  const stages = ['decode', 'encode', 'prompt', 'track', 'matte', 'write'].map(
    (stage) => `${stage} ${((result.timings[stage] ?? 0) / frames).toFixed(2)}`,
  );
  console.log(`engine   ${result.engine}, model ${result.model.id}, on ${result.device}`);
  console.log(
    `time     ${(total / frames).toFixed(2)} s a frame, ${total.toFixed(1)} s for ${frames}; of a frame: ${stages.join(', ')}`,
  );
  console.log(
    `IoU      ${mean.toFixed(3)} mean, ${Math.min(...visible).toFixed(3)} least, over the ${visible.length} frames that show the balloon`,
  );
  for (const { format, path } of result.outputs) {
    console.log(`${format.padEnd(12)} ${shown(path)}`);
  }
  for (const { message } of result.warnings) console.log(`warning  ${message}`);
  console.log(`\nOpen ${shown(sheetPath)} to see plate, truth and matte together.`);
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function quote(argument: string): string {
  return /^[\w./,=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

await demo();
