import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MaskPreview,
  pageOf,
  Qualities,
  type ShotInput,
  Task,
  TaskResult,
} from '@roto/sdk/contract';
import { expect, it, vi } from 'vitest';
import { addReadyVideo, makeClip } from './support/ready-video.ts';
import { startOnPostgres } from './support/start-on-postgres.ts';
import { startWorker } from './support/start-worker.ts';

const frames = 14;
const patient = { timeout: 120_000, interval: 100 };

function slowShot([x, y]: [number, number]): ShotInput {
  const points = [{ x, y, label: 'positive' as const }];
  return {
    schema: 'roto.shot/1',
    source: { path: 'elsewhere.mp4' },
    objects: [{ id: 1, name: 'hero', prompts: [{ frame: 0, points }] }],
    engine: { name: 'lite', quality: 'draft', inputSize: 320 },
    outputs: [{ format: 'png8' }],
  };
}

it('finishes a task over killed hosts and workers and a hand-back, charged once, all frames there', async () => {
  const { deps, url, data, userId, get, post } = await startOnPostgres();
  const { path, click } = await makeClip(frames);
  const videoId = await addReadyVideo(deps, userId, path, frames);
  const first = await startWorker(url, data);
  await vi.waitFor(async () => {
    const { qualities } = Qualities.parse(await get('/api/qualities'));
    expect(qualities[0]?.available).toBe(true);
  }, patient);

  const look = await post(`/api/videos/${videoId}/preview-mask`, { points: { positive: [click] } });
  const preview = MaskPreview.parse(await look.json());
  expect(preview.objects[0]?.score).toBeGreaterThan(0.5);

  const started = await post(`/api/videos/${videoId}/generate-masks`, { shot: slowShot(click) });
  const { id } = Task.parse(await started.json());
  const task = async () => Task.parse(await get(`/api/tasks/${id}`));
  const untilTracked = (least: number, attempts: number) =>
    vi.waitFor(async () => {
      const now = await task();
      expect(now).toMatchObject({ status: 'processing', attempts });
      expect(now.progress?.done ?? 0).toBeGreaterThanOrEqual(least);
      return now.progress?.done ?? 0;
    }, patient);

  // The host of the task and that of the preview.
  await untilTracked(1, 1);
  expect(await first.killHosts()).toBe(2);
  await vi.waitFor(async () => expect((await task()).error_code).toBe('engine_failed'), patient);
  await untilTracked(3, 2);
  expect(await first.end('SIGTERM')).toBe(0);
  expect(await task()).toMatchObject({ status: 'pending', attempts: 1 });

  // Another machine has not what this one tracked: it goes on from the copy in storage.
  await rm(join(data, 'scratch'), { recursive: true });
  const second = await startWorker(url, data);
  expect(await untilTracked(1, 2)).toBeGreaterThanOrEqual(3);
  expect(await second.end('SIGKILL')).toBeNull();

  const third = await startWorker(url, data);
  await vi.waitFor(async () => expect((await task()).status).toBe('completed'), patient);
  const results = pageOf(TaskResult).parse(await get(`/api/tasks/${id}/results`));
  expect(results.data.map(({ frame }) => frame)).toEqual(
    Array.from({ length: frames }, (_, i) => i),
  );
  const movements = await deps.db
    .selectFrom('ledger_transactions')
    .select('kind')
    .where('task_id', '=', id)
    .orderBy('created_at')
    .execute();
  expect(movements.map(({ kind }) => kind)).toEqual(['reserve', 'capture']);
  expect(await third.end('SIGTERM')).toBe(0);
}, 400_000);
