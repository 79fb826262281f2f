import { execFile } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OutputFormat, ResultOutput } from '@roto/sdk/contract';
import { createWriter } from '../../src/export/create-writer.ts';
import { outputPaths } from '../../src/export/output-paths.ts';
import type { MatteFrame, MatteWriter, WriterContext } from '../../src/export/writer.ts';
import type { Matte } from '../../src/matte/alpha.ts';
import type { ClipInfo, DeepFrame } from '../../src/media/clip.ts';
import { type FfmpegTools, findFfmpeg } from '../../src/media/find-ffmpeg.ts';

const execFileAsync = promisify(execFile);

export const modelSha256 = 'a1'.repeat(32);
export const shotHash = 'b2'.repeat(32);

export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'roto export '));
}

/** Every ffmpeg at hand: the packaged one, and the system's where there is one. */
export async function everyFfmpeg(): Promise<FfmpegTools[]> {
  const packaged = await findFfmpeg({ env: { PATH: '' } });
  const found = await findFfmpeg();
  return found.source === 'packaged' ? [packaged] : [packaged, found];
}

export function clipInfo(changes: Partial<ClipInfo> = {}): ClipInfo {
  return {
    path: '/clips/plate.####.png',
    kind: 'sequence',
    width: 64,
    height: 36,
    rate: { num: 24000, den: 1001 },
    firstFrame: 1001,
    lastFrame: 1005,
    missingFrames: [],
    bitDepth: 8,
    hasAlpha: false,
    pixelAspect: { num: 1, den: 1 },
    rotation: 0,
    variableRate: false,
    color: { range: 'unknown', matrix: 'unknown', primaries: 'unknown', transfer: 'unknown' },
    viewTransform: 'display',
    timecode: undefined,
    hasAudio: false,
    fingerprint: '00'.repeat(32),
    warnings: [],
    ...changes,
  };
}

export interface TestContext extends WriterContext {
  readonly warnings: string[];
}

export function writerContext(
  out: string,
  format: OutputFormat,
  changes: Partial<WriterContext> = {},
): TestContext {
  const warnings: string[] = [];
  const clip = changes.clip ?? clipInfo();
  const [output] = outputPaths(out, ['hero'], [{ format }]);
  if (output === undefined) throw new Error('no output');
  return {
    clip,
    firstFrame: clip.firstFrame,
    lastFrame: clip.lastFrame,
    object: output.object,
    path: output.path,
    premultiplied: false,
    color: '#00b140',
    despill: false,
    stamp: {
      rotoVersion: '1.2.3',
      engine: {
        engine: 'lite',
        model: { id: 'mobilesam', sha256: modelSha256 },
        device: 'cpu',
        settings: {},
      },
      shotHash,
    },
    signal: new AbortController().signal,
    warnings,
    warn: (code) => void warnings.push(code),
    ...changes,
  };
}

/** A soft disc that moves with the frame number; every value from 0 to 65535 may occur. */
export function discMatte(number: number, width = 64, height = 36): Matte {
  const alpha = new Uint16Array(width * height);
  const [cx, cy] = [width / 3 + (number % 100) * 1.5, height / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (height / 3 - Math.hypot(x + 0.5 - cx, y + 0.5 - cy)) / 6 + 0.5;
      alpha[y * width + x] = Math.round(65535 * Math.min(1, Math.max(0, inside)));
    }
  }
  return { width, height, alpha };
}

/** A plate of smooth colour, so that codecs with less chroma keep it too. */
export function gradientPlate(number: number, width = 64, height = 36): DeepFrame {
  const rgb = new Uint16Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rgb.set(
        [15_000 + (40_000 * x) / width, 50_000 - (30_000 * y) / height, 20_000 + number],
        3 * (y * width + x),
      );
    }
  }
  return { number, width, height, rgb };
}

export function matteFrame(number: number, { width, height }: ClipInfo): MatteFrame {
  return {
    number,
    matte: discMatte(number, width, height),
    mask: undefined,
    plate: gradientPlate(number, width, height),
  };
}

/** Writes every frame of the context's range, then finishes. */
export async function writeAll(
  format: OutputFormat,
  context: WriterContext,
  options: {
    readonly tools?: FfmpegTools | undefined;
    readonly frame?: (number: number) => MatteFrame;
  } = {},
): Promise<ResultOutput> {
  const writer = await createWriter(format, context, options.tools);
  await writeFrames(writer, context, options.frame);
  await writer.complete();
  return writer.publish();
}

export async function writeFrames(
  writer: MatteWriter,
  context: WriterContext,
  frame = (number: number) => matteFrame(number, context.clip),
): Promise<void> {
  for (let number = context.firstFrame; number <= context.lastFrame; number++) {
    await writer.write(frame(number));
  }
}

/** Every file and folder under a folder, hidden ones too, sorted. */
export async function everything(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

export interface StreamReport {
  readonly [name: string]: unknown;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface MovieReport {
  readonly streams: readonly StreamReport[];
  readonly format: { readonly tags: Readonly<Record<string, string>> };
}

/** What ffprobe says of a movie. */
export async function probe(tools: FfmpegTools, path: string): Promise<MovieReport> {
  const { stdout } = await execFileAsync(tools.ffprobe, [
    ...['-v', 'error', '-count_packets', '-show_streams', '-show_format', '-of', 'json'],
    `file:${path}`,
  ]);
  return JSON.parse(stdout);
}

/** The pictures of a movie as raw bytes of a pixel format, one after the other. */
export async function decode(
  tools: FfmpegTools,
  path: string,
  pixelFormat: string,
  options: { readonly before?: readonly string[]; readonly after?: readonly string[] } = {},
): Promise<Buffer> {
  const { stdout } = await execFileAsync(
    tools.ffmpeg,
    [
      ...['-v', 'error', '-nostdin', ...(options.before ?? []), '-i', `file:${path}`],
      ...['-map', '0:v:0', ...(options.after ?? []), '-f', 'rawvideo', '-pix_fmt', pixelFormat],
      'pipe:1',
    ],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

/** Runs the ffmpeg given, for test clips. */
export async function ffmpeg(tools: FfmpegTools, args: readonly string[]): Promise<void> {
  await execFileAsync(tools.ffmpeg, ['-v', 'error', '-nostdin', '-y', ...args]);
}

/** The largest difference between two lists of numbers of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  }
  return largest;
}
