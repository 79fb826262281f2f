import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OutputFormat, parseShot } from '@roto/sdk/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObjectMask } from '../src/engine/engine.ts';
import { ExportHost } from '../src/export/export-host.ts';
import { outputPaths } from '../src/export/output-paths.ts';
import { findFfmpeg } from '../src/media/find-ffmpeg.ts';
import { trackPrompt } from '../src/track/anchor.ts';
import { planObject } from '../src/track/plan.ts';
import { TrackStore } from '../src/track/store.ts';
import { TrackingNews } from '../src/track/tracking-news.ts';
import { modelSha256, newFolder, shotHash } from './support/export-support.ts';
import { writeMovie } from './support/write-movie.ts';

const size = { width: 32, height: 16 };
const range = { first: 0, last: 5 };
const prompts = [trackPrompt(0, { points: [{ x: 5, y: 5, label: 'positive' }] })];
const planOptions = { prompts, range, direction: 'both' as const };
const { anchors, runs } = planObject(planOptions);

/** A mask whose edge lies elsewhere on every frame. */
function maskOf(frame: number): ObjectMask {
  return {
    width: 8,
    height: 4,
    logits: Float32Array.from({ length: 32 }, (_, i) => (i % 8 <= frame ? 6 : -6)),
    region: { x: 0, y: 0, ...size },
    score: 0.9,
  };
}

let movie = '';
beforeAll(async () => {
  movie = await newFolder();
  const grey = new Uint8Array(size.width * size.height * 3).fill(90);
  const frames = Array.from({ length: range.last + 1 }, () => grey);
  await writeMovie(join(movie, 'clip.mkv'), { ...size, frames, encode: ['-c:v', 'ffv1'] });
});
afterAll(() => rm(movie, { recursive: true }));

let folder = '';
let store: TrackStore;
beforeEach(async () => {
  folder = await newFolder();
  store = new TrackStore(folder);
  for (const anchor of anchors) await store.writeAnchor(anchor, maskOf(0), new Uint8Array(4));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function track(...frames: number[]): Promise<void> {
  for (const run of runs) {
    for (const frame of frames) await store.appendTracked(run, frame, maskOf(frame));
  }
}

interface StartOptions {
  readonly news?: TrackingNews;
  readonly signal?: AbortSignal;
  readonly formats?: readonly OutputFormat[];
}

/** An export to `out` that tells which frames it has done, and when it has done one. */
function startExport(out: string, { formats = ['png8'], ...options }: StartOptions) {
  const { source, matte } = parseShot({
    schema: 'roto.shot/1',
    source: { path: join(movie, 'clip.mkv') },
    objects: [{ id: 1, name: 'matte', prompts: [] }],
  });
  const look = { premultiplied: false, color: '#00b140', despill: false };
  const places = outputPaths(
    join(folder, out),
    ['matte'],
    formats.map((format) => ({ format })),
  );
  const done: number[] = [];
  const waiting = new Map<number, () => void>();
  const host = new ExportHost();
  const report = host
    .export(
      {
        source,
        matte,
        range,
        base: folder,
        cacheDir: folder,
        storeFolder: folder,
        objects: [{ id: 1, name: 'matte', planOptions }],
        outputs: places.map(({ format, path }) => ({ object: 'matte', format, path, ...look })),
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
      },
      {
        ...options,
        onProgress: ({ frame }) => {
          done.push(frame);
          waiting.get(frame)?.();
        },
      },
    )
    .finally(() => host.close());
  const reached = (frame: number): Promise<void> =>
    new Promise((resolve) => {
      if (done.includes(frame)) resolve();
      else waiting.set(frame, resolve);
    });
  return { report, done, reached };
}

async function pictures(out: string): Promise<Map<string, string>> {
  const place = join(folder, out, 'matte');
  const names = existsSync(place) ? (await readdir(place)).sort() : [];
  const shown = names.filter((name) => !name.startsWith('.'));
  const bytes = await Promise.all(shown.map((name) => readFile(join(place, name), 'hex')));
  return new Map(shown.map((name, i) => [name, bytes[i] ?? '']));
}

describe('an export beside tracking', () => {
  it('does each frame when it is tracked, shows none before all are whole, and writes the same', async () => {
    const news = new TrackingNews();
    const { report, done, reached } = startExport('beside', { news });
    await reached(0);
    await track(1, 2);
    news.tell({ over: false });
    await reached(2);
    expect(done).toEqual([0, 1, 2]);
    expect([...(await pictures('beside')).keys()]).toEqual([]);
    await track(3, 4, 5);
    news.tell({ over: true });
    expect((await report).objects[0]?.frames.map(({ frame }) => frame)).toEqual([0, 1, 2, 3, 4, 5]);
    await startExport('after', {}).report;
    const beside = await pictures('beside');
    expect(beside.size).toBe(6);
    expect(new Set(beside.values()).size).toBe(6);
    expect(beside).toEqual(await pictures('after'));
  });

  it('is track_incomplete where tracking is over and a frame is not there', async () => {
    const news = new TrackingNews();
    const { report, reached } = startExport('short', { news });
    await reached(0);
    await track(1);
    news.tell({ over: true });
    await expect(report).rejects.toMatchObject({ code: 'track_incomplete' });
    expect(existsSync(join(folder, 'short'))).toBe(false);
  });

  it('stops while it waits, and leaves nothing', async () => {
    const stop = new AbortController();
    const { report, reached } = startExport('stopped', {
      news: new TrackingNews(),
      signal: stop.signal,
    });
    await reached(0);
    stop.abort();
    await expect(report).rejects.toMatchObject({ code: 'interrupted' });
    expect(existsSync(join(folder, 'stopped'))).toBe(false);
  });
});

describe('an export of several outputs', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('gives none its name where one fails at its very end', async () => {
    await track(1, 2, 3, 4, 5);
    const { ffmpeg, ffprobe } = await findFfmpeg();
    const failing = join(folder, 'ffmpeg');
    const fails = 'case "$*" in *pipe:0*prores_ks*) exit 1;; esac';
    await writeFile(failing, `#!/bin/sh\n'${ffmpeg}' "$@" || exit\n${fails}\n`);
    await chmod(failing, 0o755);
    vi.stubEnv('ROTO_FFMPEG', failing);
    vi.stubEnv('ROTO_FFPROBE', ffprobe);
    const { report, reached } = startExport('several', { formats: ['png8', 'prores4444'] });
    await reached(5);
    await expect(report).rejects.toMatchObject({ code: 'encode_failed' });
    expect(existsSync(join(folder, 'several'))).toBe(false);
  });
});
