import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunEvent, ShotInput } from '@roto/sdk/contract';
import { expect, it, onTestFinished } from 'vitest';
import { runShot, trackFiles } from '../src/index.ts';
import { createSyntheticClip } from './support/synthetic-clip.ts';
import { writeMovie } from './support/write-movie.ts';

it('names the files of a track that make a run in another cache go on, and not those of others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roto-track-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const clip = createSyntheticClip({ width: 96, height: 64, frames: 6, span: 48, pillar: false });
  const frames = Array.from({ length: 6 }, (_, index) => clip.frame(index).rgb);
  await writeMovie(join(folder, 'clip.mp4'), { width: 96, height: 64, frames });
  const shot = (index: number): ShotInput => {
    const points = [{ x: 40, y: 30, ...clip.clicks[index], label: 'positive' as const }];
    return {
      schema: 'roto.shot/1',
      source: { path: 'clip.mp4' },
      objects: [{ id: 1, name: 'hero', prompts: [{ frame: 0, points }] }],
      engine: { name: 'lite', quality: 'draft', inputSize: 256, device: 'cpu' },
      outputs: [{ format: 'rle' }],
    };
  };
  const run = async (index: number, cache: string) => {
    const events: RunEvent[] = [];
    const out = join(folder, `${cache}-${index}`);
    await runShot(shot(index), {
      out,
      base: folder,
      cache: join(folder, cache),
      onEvent: (event) => events.push(event),
    });
    return events;
  };
  const started = (await run(0, 'one')).find((event) => event.event === 'start');
  const track = started?.track ?? '';
  await run(1, 'one');
  const files = await trackFiles(track, { cache: join(folder, 'one') });
  expect(files).toContain(`tracks/${track}.json`);
  for (const file of files) {
    const to = join(folder, 'two', file);
    await mkdir(dirname(to), { recursive: true });
    await copyFile(join(folder, 'one', file), to);
  }
  const tracked = async (index: number) => {
    const events = await run(index, 'two');
    return events.filter((event) => event.event === 'progress' && event.stage === 'track').length;
  };
  expect(await tracked(0)).toBe(0);
  expect(await tracked(1)).toBe(6);
});
