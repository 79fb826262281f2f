import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runShot } from '@roto/inference';
import {
  MaskPreview,
  pageOf,
  Qualities,
  Result,
  type ShotInput,
  Task,
  TaskResult,
} from '@roto/sdk/contract';
import { expect, it, vi } from 'vitest';
import { readEvents } from './support/read-events.ts';
import { addReadyVideo, makeClip } from './support/ready-video.ts';
import { signIn } from './support/sign-in.ts';
import { startApp } from './support/start-app.ts';

const frames = 4;

/** A shot that a small machine is done with soon. */
function quickShot([x, y]: [number, number]): ShotInput {
  const points = [{ x, y, label: 'positive' as const }];
  return {
    schema: 'roto.shot/1',
    source: { path: 'somewhere/else.mp4' },
    objects: [{ id: 1, name: 'hero', prompts: [{ frame: 0, points }] }],
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
    outputs: [{ format: 'png16' }, { format: 'rle' }],
  };
}

it('previews, follows, charges once and gives the files of a local run, in one process', async () => {
  const app = await startApp({ work: true });
  const { ask, deps, data } = app;
  const { userId, token } = await signIn(deps);
  const { path, click } = await makeClip(frames);
  const videoId = await addReadyVideo(deps, userId, path, frames);
  const qualities = await vi.waitFor(
    async () => {
      const reply = await ask('GET', '/api/qualities', { token });
      const said = Qualities.parse(await reply.json());
      expect(said.qualities[0]?.available).toBe(true);
      return said.qualities;
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(qualities.map(({ quality }) => quality)).toEqual(['draft', 'standard', 'high', 'max']);

  const points = { positive: [click] };
  const look = (json: unknown) =>
    ask('POST', `/api/videos/${videoId}/preview-mask`, { token, json });
  const preview = MaskPreview.parse(await (await look({ points })).json());
  expect(preview).toMatchObject({ frame: 0, objects: [{ id: 1, name: 'object-1' }] });
  expect(preview.objects[0]?.score).toBeGreaterThan(0.5);
  const picture = await ask('GET', new URL(preview.overlayUrl).pathname);
  expect(picture.headers.get('Content-Type')).toBe('image/png');
  expect((await look({ points: { ...points, negative: [[90, 60]] } })).status).toBe(200);
  const looks = app.logLines().filter((line) => line.includes('"msg":"preview"'));
  expect(looks.map((line) => JSON.parse(line).encoderRuns)).toEqual([1, 0]);
  const video = await deps.db.selectFrom('videos').selectAll().executeTakeFirstOrThrow();
  expect(video.points).toEqual({ ...points, negative: [[90, 60]] });
  expect(video.mask_data).toMatchObject({ frame: 0 });

  const started = await ask('POST', `/api/videos/${videoId}/generate-masks`, {
    token,
    json: { shot: quickShot(click), greenscreen: true },
  });
  expect(started.status).toBe(202);
  const task = Task.parse(await started.json());
  expect(task).toMatchObject({ status: 'pending', credit_cost: 1, model: 'mobilesam' });

  const following = ask('GET', `/api/tasks/${task.id}/events`, { token }).then(readEvents);
  // The service answers while the engine works in its child.
  await vi.waitUntil(
    async () => {
      const reply = await ask('GET', `/api/tasks/${task.id}`, { token });
      return Task.parse(await reply.json()).progress?.stage === 'track';
    },
    { timeout: 60_000, interval: 20 },
  );
  const events = await following;
  expect(events.at(-1)).toMatchObject({ event: 'status', data: { status: 'completed' } });
  expect(events.some(({ event }) => event === 'progress')).toBe(true);
  const headers = { 'Last-Event-ID': events.at(-1)?.id ?? '' };
  const more = await ask('GET', `/api/tasks/${task.id}/events`, { token, headers });
  expect(more.status).toBe(204);

  const pageAt = async (query: string) => {
    const reply = await ask('GET', `/api/tasks/${task.id}/results?${query}`, { token });
    return pageOf(TaskResult).parse(await reply.json());
  };
  const page = await pageAt('limit=3');
  const results = [...page.data, ...(await pageAt(`cursor=${page.nextCursor}`)).data];
  const local = await localFiles(path, quickShot(click), data);
  expect(results.map((result) => result.path)).toEqual([...local.keys()]);
  expect(results[0]).toMatchObject({ format: 'greenscreen', object: null });
  expect(results[2]).toMatchObject({ format: 'png16', object: 'hero', frame: 0 });
  for (const { path: place, url, sha256, bytes } of results) {
    const file = Buffer.from(await (await ask('GET', new URL(url).pathname)).arrayBuffer());
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
    expect(file.length).toBe(bytes);
    // The movie has a time of making in it.
    if (!place.endsWith('.mp4')) expect(sha256, place).toBe(local.get(place));
  }
  const zip = await ask('GET', `/api/tasks/${task.id}/results.zip`, { token });
  const archive = Buffer.from(await zip.arrayBuffer());
  expect(archive.readUInt32LE(0)).toBe(0x04034b50);
  for (const { path: place } of results) expect(archive.includes(place)).toBe(true);

  const user = await deps.db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .executeTakeFirst();
  expect(user).toMatchObject({ user_credits: 99, reserved_credits: 0 });

  const green = await ask('POST', `/api/videos/${videoId}/greenscreen`, { token, json: {} });
  const { id } = Task.parse(await green.json());
  const seen = await readEvents(await ask('GET', `/api/tasks/${id}/events`, { token }));
  expect(seen.at(-1)).toMatchObject({ data: { status: 'completed' } });
  expect(seen.some(({ data: said }) => said.progress?.stage === 'track')).toBe(false);

  const asked = { outputs: ['png8'], matte: { choke: 1 }, range: { first: 1, last: 2 } };
  const exported = await ask('POST', `/api/videos/${videoId}/export`, { token, json: asked });
  const written = Task.parse(await exported.json());
  expect(written).toMatchObject({ credit_action: 'export' });
  await ask('GET', `/api/tasks/${written.id}/events`, { token }).then(readEvents);
  const told = await ask('GET', `/api/tasks/${written.id}/report`, { token });
  const report = Result.parse(await told.json());
  expect(report).toMatchObject({
    clip: { path: videoId },
    outputs: [{ path: 'hero/hero.####.png', firstFrame: 1, lastFrame: 2 }],
  });
  expect(report.objects[0]?.frames.map(({ frame }) => frame)).toEqual([1, 2]);
  const beyond = { ...asked, range: { first: 1, last: 99 } };
  const refused = await ask('POST', `/api/videos/${videoId}/export`, { token, json: beyond });
  expect(refused.status).toBe(400);
}, 300_000);

/** SHA-256 of the files that a local run writes, by their paths, in their order. */
async function localFiles(
  path: string,
  shot: ShotInput,
  data: string,
): Promise<ReadonlyMap<string, string>> {
  const out = join(data, 'local');
  const outputs = [...(shot.outputs ?? []), { format: 'greenscreen' as const }];
  await runShot({ ...shot, source: { path }, outputs }, { out, cache: join(data, 'local-cache') });
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const places = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1))
    .sort((a, b) => (a < b ? -1 : 1));
  const hashes = new Map<string, string>();
  for (const place of places) {
    const bytes = await readFile(join(out, place));
    hashes.set(place, createHash('sha256').update(bytes).digest('hex'));
  }
  return hashes;
}
