import { StorageReport, Task, User, Video, VideoUrls } from '@roto/sdk/contract';
import { describe, expect, it, vi } from 'vitest';
import { inTransaction } from '../src/db/transaction.ts';
import { grant, reserve } from '../src/services/ledger.ts';
import { databaseKinds } from './support/databases.ts';
import { madeMovie, probed } from './support/made-clips.ts';
import { insertTask } from './support/rows.ts';
import { type SignedIn, startSignedIn } from './support/signed-in.ts';

function formOf(
  bytes: Uint8Array<ArrayBuffer>,
  name = 'Plate 1.mp4',
  fields: Record<string, string> = {},
) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('file', new Blob([bytes]), name);
  return form;
}

async function uploaded(user: SignedIn, form: FormData): Promise<Video> {
  const reply = await user.send('POST', '/api/videos/upload', { body: form });
  expect(reply.status).toBe(201);
  return Video.parse(await reply.json());
}

async function storageOf({ as }: SignedIn) {
  return StorageReport.parse(await (await as('GET', '/api/users/storage')).json());
}

const none = { bytes: 0, files: 0 };

describe.each(databaseKinds)('a movie on %s', (kind) => {
  it('is uploaded, looked at, listed, and deleted with all its files', async () => {
    const app = await startSignedIn({ kind });
    const movie = await madeMovie('mp4');
    const sent = await uploaded(app, formOf(movie.bytes, 'Plate 1.mp4', { sha256: movie.sha256 }));
    expect(sent).toMatchObject({
      title: 'Plate 1.mp4',
      status: 'processing',
      kind: 'movie',
      url: null,
    });
    const video = await app.settled(sent.id);
    expect(video).toMatchObject({
      status: 'ready',
      sha256: movie.sha256,
      size_bytes: movie.bytes.length,
      video_metadata: {
        width: 64,
        height: 48,
        rate: { num: 24_000, den: 1001 },
        firstFrame: 0,
        lastFrame: 11,
        frames: 12,
        codec: 'h264',
        browser: { from: 'original', frames: 12 },
      },
    });
    const play = await app.ask('GET', new URL(video.url ?? '').pathname);
    expect(play.headers.get('Content-Type')).toBe('video/mp4');
    expect(Buffer.from(await play.arrayBuffer()).equals(movie.bytes)).toBe(true);
    const thumbnail = await app.ask('GET', new URL(video.thumbnail_url ?? '').pathname);
    expect(thumbnail.headers.get('Content-Type')).toBe('image/jpeg');
    const thumbnailBytes = (await thumbnail.arrayBuffer()).byteLength;

    const list = await (await app.as('GET', `/api/videos?sha256=${movie.sha256}`)).json();
    expect(list).toMatchObject({ data: [{ id: video.id }], nextCursor: null });
    const nothing = await (await app.as('GET', `/api/videos?sha256=${'0'.repeat(64)}`)).json();
    expect(nothing).toEqual({ data: [], nextCursor: null });

    const stored = await storageOf(app);
    expect(stored).toMatchObject({
      total: { bytes: movie.bytes.length + thumbnailBytes, files: 2 },
      videos: { bytes: movie.bytes.length, files: 1 },
      thumbnails: { bytes: thumbnailBytes, files: 1 },
      masks: none,
      other: none,
      reserved_bytes: 0,
    });
    const me = User.parse(await (await app.as('GET', '/api/users/me')).json());
    expect(me.storage_used).toMatchObject({ total_bytes: stored.total.bytes, file_count: 2 });

    expect((await app.as('DELETE', `/api/videos/${video.id}`)).status).toBe(204);
    expect((await app.as('GET', `/api/videos/${video.id}`)).status).toBe(404);
    expect(await storageOf(app)).toMatchObject({ total: none, videos: none, thumbnails: none });
    await vi.waitFor(async () => expect(await filesIn(app.deps.storage)).toEqual([]), 10_000);
  });
});

async function filesIn(storage: { list(prefix: string): AsyncIterable<{ key: string }> }) {
  const keys: string[] = [];
  for await (const { key } of storage.list('users/')) keys.push(key);
  return keys;
}

it('plays what browsers do not know as a mezzanine of the same frames', async () => {
  const app = await startSignedIn();
  const { bytes } = await madeMovie('mov', { frames: 9, size: '66x50' });
  const video = await app.settled((await uploaded(app, formOf(bytes, 'Plate.mov'))).id);
  expect(video.video_metadata).toMatchObject({
    codec: 'prores',
    frames: 9,
    browser: { from: 'mezzanine', width: 66, height: 50, frames: 9 },
  });
  const played = await app.ask('GET', new URL(video.url ?? '').pathname);
  expect(await probed(new Uint8Array(await played.arrayBuffer()))).toEqual({
    frames: 9,
    codec: 'h264',
  });
  const original = await app.ask('GET', new URL(video.original_url ?? '').pathname);
  expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
});

it('cancels what waits for a video that is deleted, and gives the credits back', async () => {
  const app = await startSignedIn();
  const { db, clock } = app.deps;
  const { bytes } = await madeMovie('mp4');
  const video = await app.settled((await uploaded(app, formOf(bytes))).id);
  const task = await inTransaction(db, async (trx) => {
    await grant(trx, { clock }, { userId: app.userId, credits: 10 });
    const id = await insertTask(trx, app.userId, 4);
    await trx.updateTable('tasks').set({ video_id: video.id }).where('id', '=', id).execute();
    await reserve(trx, { clock }, { userId: app.userId, taskId: id, credits: 4 });
    return id;
  });
  expect((await app.as('DELETE', `/api/videos/${video.id}`)).status).toBe(204);
  const reply = await app.as('GET', `/api/tasks/${task}`);
  expect(Task.parse(await reply.json())).toMatchObject({ status: 'cancelled', video_id: null });
  const me = User.parse(await (await app.as('GET', '/api/users/me')).json());
  expect(me.user_credits).toBe(10);
});

it('changes a title and clicks, and refuses what is no title', async () => {
  const app = await startSignedIn();
  const { bytes } = await madeMovie('mp4');
  const { id } = await uploaded(app, formOf(bytes));
  const path = `/api/videos/${id}`;
  const points = { positive: [[1, 2]], negative: [] };
  const changed = await app.as('PATCH', path, { json: { title: ' Shot 10 ', points } });
  expect(await changed.json()).toMatchObject({ title: 'Shot 10', points });
  for (const title of ['', 'two\nlines', 'x'.repeat(256)]) {
    expect((await app.as('PATCH', path, { json: { title } })).status).toBe(400);
  }
  await app.settled(id);
});

it('makes the rendition that goes forwards and back on request, counted', async () => {
  const app = await startSignedIn();
  const { bytes } = await madeMovie('mp4', { frames: 5 });
  const { id } = await uploaded(app, formOf(bytes));
  const early = await app.as('POST', `/api/videos/${id}/forward-reverse`);
  expect([202, 409]).toContain(early.status);
  await app.settled(id);
  expect((await app.as('POST', `/api/videos/${id}/forward-reverse`)).status).toBe(202);
  const url = await vi.waitFor(
    async () => {
      const urls = VideoUrls.parse(
        await (await app.as('GET', `/api/videos/${id}/refresh-url`)).json(),
      );
      if (urls.forward_reverse_url === null) throw new Error('not yet');
      return urls.forward_reverse_url;
    },
    { timeout: 40_000, interval: 100 },
  );
  const played = await app.ask('GET', new URL(url).pathname);
  const movie = await probed(new Uint8Array(await played.arrayBuffer()));
  expect(movie).toEqual({ frames: 10, codec: 'h264' });
});
