import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runShot } from '@roto/inference';
import { pageOf, type ShotInput, Task, TaskResult, UploadState } from '@roto/sdk/contract';
import { expect, it, onTestFinished, vi } from 'vitest';
import { inTransaction } from '../src/db/transaction.ts';
import { grant } from '../src/services/ledger.ts';
import { madeFrames } from './support/made-clips.ts';
import { startSignedIn } from './support/signed-in.ts';

const shot: ShotInput = {
  schema: 'roto.shot/1',
  source: { path: 'elsewhere' },
  objects: [
    {
      id: 1,
      name: 'hero',
      prompts: [{ frame: 1002, points: [{ x: 32, y: 24, label: 'positive' }] }],
    },
  ],
  engine: { name: 'lite', quality: 'draft', inputSize: 256 },
  outputs: [{ format: 'png16' }],
};

it('makes of an uploaded sequence the mattes that a local run makes, numbered as it is', async () => {
  const app = await startSignedIn({ work: true });
  const { deps, as, send } = app;
  await inTransaction(deps.db, (trx) => grant(trx, deps, { userId: app.userId, credits: 10 }));
  const frames = await madeFrames(1001, 3);
  const begun = await as('POST', '/api/uploads/sequences', { json: { format: 'png' } });
  const { id, video_id } = UploadState.parse(await begun.json());
  for (const [number, { bytes, sha256 }] of frames) {
    await send('PUT', `/api/uploads/sequences/${id}/frames/${number}`, {
      headers: { 'X-Content-Sha256': sha256 },
      body: bytes,
    });
  }
  await as('POST', `/api/uploads/sequences/${id}/complete`, { json: { frames: 3 } });
  expect((await app.settled(video_id)).status).toBe('ready');
  const task = await vi.waitFor(
    async () => {
      const reply = await as('POST', `/api/videos/${video_id}/generate-masks`, { json: { shot } });
      if (reply.status !== 202) throw new Error(await reply.text());
      return Task.parse(await reply.json());
    },
    { timeout: 60_000, interval: 500 },
  );
  const done = await vi.waitFor(
    async () => {
      const found = Task.parse(await (await as('GET', `/api/tasks/${task.id}`)).json());
      if (['pending', 'processing'].includes(found.status)) throw new Error(found.status);
      return found;
    },
    { timeout: 120_000, interval: 300 },
  );
  expect(done).toMatchObject({ status: 'completed', error_message: null });
  const page = await (await as('GET', `/api/tasks/${task.id}/results`)).json();
  const results = pageOf(TaskResult).parse(page).data;
  expect(results.map(({ frame }) => frame)).toEqual([1001, 1002, 1003]);

  const folder = await mkdtemp(join(tmpdir(), 'roto-local-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [path, out, cache] = ['plate', 'out', 'cache'].map((name) => join(folder, name));
  if (path === undefined || out === undefined || cache === undefined) throw new Error('no folder');
  await mkdir(path);
  for (const [number, { bytes }] of frames) await writeFile(join(path, `p.${number}.png`), bytes);
  await runShot({ ...shot, source: { path } }, { out, cache });
  for (const { path: place, sha256 } of results) {
    const local = createHash('sha256').update(await readFile(join(out, place)));
    expect(local.digest('hex'), place).toBe(sha256);
  }
}, 300_000);
