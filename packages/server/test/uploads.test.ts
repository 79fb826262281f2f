import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import {
  ApiErrorBody,
  PartUploadBegun,
  PartUrls,
  SequenceFrames,
  StorageReport,
  UploadState,
  Video,
} from '@roto/sdk/contract';
import { describe, expect, it, vi } from 'vitest';
import { reconcileStorage, sweepUploads } from '../src/services/reconcile-storage.ts';
import { databaseKinds } from './support/databases.ts';
import { type MadeFile, madeFrames, madeMovie, sha256Of } from './support/made-clips.ts';
import { s3Env, startS3 } from './support/s3-server.ts';
import { type SignedIn, startSignedIn } from './support/signed-in.ts';

type App = Awaited<ReturnType<typeof startSignedIn>>;

async function errorOf(reply: Response) {
  return ApiErrorBody.parse(await reply.json()).error;
}

async function keysIn({ deps }: App, prefix = 'users/'): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of deps.storage.list(prefix)) keys.push(key);
  return keys;
}

async function rowsOf({ deps }: App, table: 'videos' | 'uploads' | 'files') {
  return deps.db.selectFrom(table).select('id').execute();
}

async function storageOf({ as }: SignedIn) {
  return StorageReport.parse(await (await as('GET', '/api/users/storage')).json());
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

function tusBegin(user: SignedIn, size: number | undefined, metadata: Record<string, string> = {}) {
  const said = { filename: 'Plate.mp4', ...metadata };
  return user.send('POST', '/api/uploads', {
    headers: {
      'Tus-Resumable': '1.0.0',
      ...(size === undefined ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(size) }),
      'Upload-Metadata': Object.entries(said)
        .map(([name, value]) => `${name} ${base64(value)}`)
        .join(','),
    },
  });
}

function tusPiece(
  user: SignedIn,
  url: string,
  { offset, bytes, total }: { offset: number; bytes: Uint8Array<ArrayBuffer>; total?: number },
) {
  return user.send('PATCH', url, {
    headers: {
      'Tus-Resumable': '1.0.0',
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(offset),
      ...(total === undefined ? {} : { 'Upload-Length': String(total) }),
    },
    body: bytes,
  });
}

const tusHead = (user: SignedIn, url: string) =>
  user.send('HEAD', url, { headers: { 'Tus-Resumable': '1.0.0' } });

const homes = {
  'a folder': async () => ({}),
  'a bucket': async () => s3Env(await startS3()),
};

describe.each(Object.entries(homes))('a tus upload into %s', (_, env) => {
  it('gathers pieces, says how far it is, and becomes a video once whole', async () => {
    const app = await startSignedIn({ env: await env() });
    const { bytes, sha256 } = await madeMovie('mp4', { frames: 30, size: '320x240' });
    const begun = await tusBegin(app, bytes.length, { sha256 });
    expect(begun.status).toBe(201);
    const url = begun.headers.get('Location') ?? '';
    const half = Math.floor(bytes.length / 2);
    const first = await tusPiece(app, url, { offset: 0, bytes: bytes.subarray(0, half) });
    expect([first.status, first.headers.get('Upload-Offset')]).toEqual([204, String(half)]);
    expect((await tusHead(app, url)).headers.get('Upload-Offset')).toBe(String(half));
    const wrong = await tusPiece(app, url, { offset: 1, bytes: bytes.subarray(1) });
    expect([wrong.status, (await errorOf(wrong)).code]).toEqual([409, 'conflict']);
    await tusPiece(app, url, { offset: half, bytes: bytes.subarray(half) });
    const after = await tusHead(app, url);
    expect([after.status, after.headers.get('Upload-Offset')]).toEqual([200, String(bytes.length)]);
    const video = await app.settled(begun.headers.get('Roto-Video-Id') ?? '');
    expect(video).toMatchObject({ status: 'ready', sha256, title: 'Plate.mp4' });
    // The original, and the thumbnail: nothing that the protocol needed is left.
    expect(await keysIn(app)).toHaveLength(2);
  });
});

it('takes a tus upload whose length is said with its last piece, and is not over its limit', async () => {
  const app = await startSignedIn();
  const { bytes } = await madeMovie('mp4');
  const url = (await tusBegin(app, undefined)).headers.get('Location') ?? '';
  const total = bytes.length;
  const sent = await tusPiece(app, url, { offset: 0, bytes, total });
  expect(sent.status).toBe(204);
  expect((await app.settled(sent.headers.get('Roto-Video-Id') ?? '')).status).toBe('ready');
});

it('gives the same tus upload to a creation that is repeated with its key', async () => {
  const app = await startSignedIn();
  const ask = () =>
    app.send('POST', '/api/uploads', {
      headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5', 'Idempotency-Key': 'one' },
    });
  const [first, second] = [await ask(), await ask()];
  expect(second.headers.get('Location')).toBe(first.headers.get('Location'));
  expect(await rowsOf(app, 'uploads')).toHaveLength(1);
});

it('fails a video whose file is not the one that was announced', async () => {
  const app = await startSignedIn();
  const { bytes } = await madeMovie('mp4');
  const begun = await tusBegin(app, bytes.length, { sha256: '0'.repeat(64) });
  await tusPiece(app, begun.headers.get('Location') ?? '', { offset: 0, bytes });
  expect(await app.settled(begun.headers.get('Roto-Video-Id') ?? '')).toMatchObject({
    status: 'failed',
    error_code: 'transfer_corrupt',
  });
});

it('shows and gives uploads to their owner alone', async () => {
  const app = await startSignedIn();
  const { signIn } = await import('./support/signed-in.ts');
  const other = await signIn(app);
  const url = (await tusBegin(app, 10)).headers.get('Location') ?? '';
  expect((await app.as('GET', url)).status).toBe(200);
  expect((await other.as('GET', url)).status).toBe(404);
  expect((await tusHead(other, url)).status).toBe(404);
  const piece = { offset: 0, bytes: Buffer.from('0123456789') };
  expect((await tusPiece(other, url, piece)).status).toBe(404);
  expect((await other.as('DELETE', url)).status).toBe(404);
});

describe('limits of uploads', () => {
  it('are checked before the first byte', async () => {
    const app = await startSignedIn();
    const largest = await tusBegin(app, 3e9);
    expect([largest.status, (await errorOf(largest)).code]).toEqual([413, 'payload_too_large']);
    await app.deps.db
      .insertInto('files')
      .values({
        id: 'fil_big',
        user_id: app.userId,
        key: 'users/x/big',
        category: 'other',
        size_bytes: 4.5e9,
      })
      .execute();
    const full = await tusBegin(app, 1e9);
    expect([full.status, (await errorOf(full)).code]).toEqual([402, 'quota_exceeded']);
    expect(await rowsOf(app, 'videos')).toEqual([]);
  });

  it('count what other uploads have announced', async () => {
    const app = await startSignedIn();
    const replies = [];
    for (let count = 0; count < 4; count += 1) replies.push(await tusBegin(app, 1.9e9));
    expect(replies.map(({ status }) => status)).toEqual([201, 201, 402, 402]);
    const url = replies[0]?.headers.get('Location') ?? '';
    expect((await app.as('DELETE', url)).status).toBe(204);
    expect((await tusBegin(app, 1.9e9)).status).toBe(201);
  });

  it('end a form in the middle that never said how long it is, and leave nothing', async () => {
    const app = await startSignedIn();
    await app.deps.db
      .insertInto('files')
      .values({
        id: 'fil_big',
        user_id: app.userId,
        key: 'users/x/big',
        category: 'other',
        size_bytes: 5e9 - 500_000,
      })
      .execute();
    let sent = 0;
    const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n';
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(sent === 0 ? Buffer.from(head) : new Uint8Array(50_000));
        sent += 1;
        if (sent > 2000) controller.close();
      },
    });
    const init = { headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, body };
    const reply = await app.send('POST', '/api/videos/upload', { ...init, duplex: 'half' });
    expect([reply.status, (await errorOf(reply)).code]).toEqual([402, 'quota_exceeded']);
    expect(sent).toBeLessThan(200);
    expect(await rowsOf(app, 'videos')).toEqual([]);
    expect(await keysIn(app)).toEqual([]);
  });
});

describe('a hostile form', () => {
  const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
  const file = (name: string, content: string) =>
    `--b\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n${content}\r\n`;

  it.each([
    ['without a file', '--b--\r\n', 400],
    ['that breaks off', file('a.mp4', 'x').slice(0, -10), 400],
    ['that is none', '{}', 400],
    ['with an empty file', `${file('a.mp4', '')}--b--\r\n`, 400],
    ['with its file in another field', `${file('a.mp4', 'x').replace('"file"', '"x"')}--b--`, 400],
  ])('%s is refused, and leaves nothing', async (_what, body, status) => {
    const app = await startSignedIn();
    const reply = await app.send('POST', '/api/videos/upload', { headers, body });
    expect([reply.status, (await errorOf(reply)).code]).toEqual([status, 'invalid_argument']);
    expect([await rowsOf(app, 'videos'), await keysIn(app)]).toEqual([[], []]);
  });

  it('of another type is refused', async () => {
    const app = await startSignedIn();
    const reply = await app.as('POST', '/api/videos/upload', { json: {} });
    expect(reply.status).toBe(415);
  });

  it.each([
    '../../../etc/passwd',
    '..\\..\\x.mp4',
    '/abs/x.mp4',
    'x.mp4/../../y.sh',
    'a\u0000b.mp4',
    `${'x'.repeat(400)}.mp4`,
  ])('whose file is called %j names no path by it', async (name) => {
    const app = await startSignedIn();
    const form = new FormData();
    form.set('file', new Blob(['no movie']), name);
    const reply = await app.send('POST', '/api/videos/upload', { body: form });
    expect(reply.status).toBe(201);
    const [key = ''] = await keysIn(app);
    expect(key).toMatch(/^users\/usr_\w+\/videos\/vid_\w+\/original(\.mp4|\.sh)?$/);
  });

  it.each([
    ['text', 'just text, called a movie'],
    ['a zip file', 'PK\u0003\u0004 and so on'],
    ['a playlist', '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'],
    ['a concat script', "ffconcat version 1.0\nfile '/etc/passwd'\n"],
  ])('with %s in it becomes a failed video that says why, and no path of ours', async (_, text) => {
    const app = await startSignedIn();
    const form = new FormData();
    form.set('file', new Blob([text]), 'plate.mp4');
    const reply = await app.send('POST', '/api/videos/upload', { body: form });
    const { id } = Video.parse(await reply.json());
    const video = await app.settled(id);
    expect(video).toMatchObject({ status: 'failed', error_code: 'source_unreadable' });
    expect(video.error_message).toContain('plate.mp4');
    expect(video.error_message).not.toContain(app.data);
  });
});

it('leaves nothing of a form whose connection is cut', async () => {
  const { startServer } = await import('./support/start-server.ts');
  const { origin } = await startServer();
  const { port } = new URL(origin);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /api/videos/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n');
  socket.write(
    'Authorization: Bearer nobody\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n',
  );
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 401 /);
  socket.destroy();
});

async function parted(app: App, bytes: Uint8Array<ArrayBuffer>, sha256?: string) {
  const json = { filename: 'Plate.mp4', size_bytes: bytes.length, ...(sha256 ? { sha256 } : {}) };
  const begun = await app.as('POST', '/api/uploads/s3', { json });
  expect(begun.status).toBe(201);
  return PartUploadBegun.parse(await begun.json());
}

describe('an upload in parts', () => {
  it('goes to the bucket itself, and is a video once all parts are there', async () => {
    const app = await startSignedIn({ env: s3Env(await startS3()) });
    const { bytes, sha256 } = await madeMovie('mp4');
    const { id, video_id, part_count } = await parted(app, bytes, sha256);
    expect(part_count).toBe(1);
    const early = await app.as('POST', `/api/uploads/s3/${id}/complete`);
    expect([early.status, (await errorOf(early)).code]).toEqual([409, 'conflict']);
    const beyond = await app.as('POST', `/api/uploads/s3/${id}/part-urls`, {
      json: { part_numbers: [2] },
    });
    expect(beyond.status).toBe(400);
    const urls = await app.as('POST', `/api/uploads/s3/${id}/part-urls`, {
      json: { part_numbers: [1] },
    });
    const [part] = PartUrls.parse(await urls.json()).parts;
    expect((await fetch(part?.url ?? '', { method: 'PUT', body: bytes })).status).toBe(200);
    expect(await (await app.as('GET', `/api/uploads/s3/${id}/parts`)).json()).toEqual({
      parts: [{ part_number: 1, size_bytes: bytes.length }],
    });
    for (const again of [1, 2]) {
      const done = await app.as('POST', `/api/uploads/s3/${id}/complete`);
      expect([again, UploadState.parse(await done.json()).status]).toEqual([again, 'completed']);
    }
    const video = await app.settled(video_id);
    expect(video).toMatchObject({ status: 'ready', sha256 });
    const played = await fetch(video.url ?? '');
    expect(sha256Of(new Uint8Array(await played.arrayBuffer()))).toBe(sha256);
  });

  it('is refused where files lie in a folder', async () => {
    const app = await startSignedIn();
    const json = { filename: 'a.mp4', size_bytes: 5 };
    const reply = await app.as('POST', '/api/uploads/s3', { json });
    expect([reply.status, (await errorOf(reply)).code]).toEqual([503, 'unavailable']);
  });
});

async function sequence(app: App, json: object = {}) {
  const reply = await app.as('POST', '/api/uploads/sequences', {
    json: { format: 'png', ...json },
  });
  expect(reply.status).toBe(201);
  return UploadState.parse(await reply.json());
}

function putFrame(app: SignedIn, id: string, frame: number, { bytes, sha256 }: MadeFile) {
  return app.send('PUT', `/api/uploads/sequences/${id}/frames/${frame}`, {
    headers: { 'Content-Type': 'application/octet-stream', 'X-Content-Sha256': sha256 },
    body: bytes,
  });
}

function complete(app: SignedIn, id: string, frames: number) {
  return app.as('POST', `/api/uploads/sequences/${id}/complete`, { json: { frames } });
}

describe.each(databaseKinds)('a sequence on %s', (kind) => {
  it('comes frame by frame, and again only those that changed: one video, one sum', async () => {
    const app = await startSignedIn({ kind });
    const frames = await madeFrames(1001, 6);
    const entries = [...frames.entries()];
    const { id, video_id } = await sequence(app, { title: 'plate', rate: { num: 25, den: 1 } });
    const sent = await Promise.all(
      entries.map(([number, file]) => putFrame(app, id, number, file)),
    );
    expect(sent.map(({ status }) => status)).toEqual(entries.map(() => 200));
    const short = await complete(app, id, 7);
    expect([short.status, (await errorOf(short)).code]).toEqual([409, 'conflict']);
    expect((await complete(app, id, 6)).status).toBe(200);
    const video = await app.settled(video_id);
    const bytes = entries.reduce((sum, [, file]) => sum + file.bytes.length, 0);
    expect(video).toMatchObject({
      status: 'ready',
      kind: 'sequence',
      title: 'plate',
      size_bytes: bytes,
      original_url: null,
      video_metadata: {
        firstFrame: 1001,
        lastFrame: 1006,
        rate: { num: 25, den: 1 },
        browser: { from: 'mezzanine', frames: 6 },
      },
    });

    const second = await sequence(app, { video_id, rate: { num: 25, den: 1 } });
    const there = await app.as('GET', `/api/uploads/sequences/${second.id}/frames?limit=4`);
    const page = SequenceFrames.parse(await there.json());
    expect(page.data.map(({ frame, sha256 }) => [frame, sha256])).toEqual(
      entries.slice(0, 4).map(([number, file]) => [number, file.sha256]),
    );
    expect(page.nextCursor).toBe('1004');
    const other = frames.get(1001);
    if (other === undefined) throw new Error('no frame');
    expect((await putFrame(app, second.id, 1006, other)).status).toBe(200);
    const gone = await app.as('DELETE', `/api/uploads/sequences/${second.id}/frames/1001`);
    expect(gone.status).toBe(204);
    await complete(app, second.id, 5);
    const changed = await app.settled(video_id);
    expect(changed.video_metadata).toMatchObject({ firstFrame: 1002, lastFrame: 1006, frames: 5 });
    const sums = await storageOf(app);
    const kept = entries.slice(1, 5).reduce((sum, [, file]) => sum + file.bytes.length, 0);
    expect(sums.videos).toEqual({ bytes: kept + other.bytes.length, files: 5 });
    expect((await app.deps.db.selectFrom('videos').select('id').execute()).length).toBe(1);
    const found = await reconcileStorage(app.deps, AbortSignal.timeout(20_000));
    expect(found).toEqual({ sums: 0, orphans: 0, damaged: 0 });
  });

  it('says that a frame is missing, unless the gap is to be filled', async () => {
    const app = await startSignedIn({ kind });
    const frames = await madeFrames(1, 4);
    frames.delete(2);
    for (const [missing_frames, status] of [
      ['error', 'failed'],
      ['hold', 'ready'],
    ] as const) {
      const { id, video_id } = await sequence(app, { missing_frames });
      for (const [number, file] of frames) await putFrame(app, id, number, file);
      await complete(app, id, 3);
      const video = await app.settled(video_id);
      expect(video.status).toBe(status);
      if (status === 'failed') expect(video.error_code).toBe('sequence_gap');
      else expect(video.video_metadata).toMatchObject({ frames: 4, missingFrames: [2] });
    }
  });
});

it('takes no frame that is not what its SHA-256 says', async () => {
  const app = await startSignedIn();
  const { id } = await sequence(app);
  const reply = await putFrame(app, id, 1, { bytes: Buffer.from('x'), sha256: '0'.repeat(64) });
  expect([reply.status, (await errorOf(reply)).code]).toEqual([503, 'transfer_corrupt']);
  expect([await rowsOf(app, 'files'), await keysIn(app)]).toEqual([[], []]);
});

describe('upkeep of storage', () => {
  it('gives up uploads that nobody went on with, and what had arrived of them', async () => {
    const app = await startSignedIn();
    const url = (await tusBegin(app, 10)).headers.get('Location') ?? '';
    await tusPiece(app, url, { offset: 0, bytes: Buffer.from('01234') });
    const [frame] = [...(await madeFrames(1, 1)).values()];
    const { id } = await sequence(app);
    if (frame !== undefined) await putFrame(app, id, 1, frame);
    expect(await sweepUploads(app.deps, AbortSignal.timeout(9000))).toBe(0);
    app.advance(25 * 60 * 60);
    expect(await sweepUploads(app.deps, AbortSignal.timeout(9000))).toBe(2);
    expect(await rowsOf(app, 'videos')).toEqual([]);
    expect((await tusHead(app, url)).status).toBe(404);
    await vi.waitFor(async () => expect(await keysIn(app)).toEqual([]), 10_000);
    expect(await (await app.as('GET', '/api/users/storage')).json()).toMatchObject({
      total: { bytes: 0, files: 0 },
      reserved_bytes: 0,
    });
  });

  it('removes files without a row once they are old, and makes wrong sums right', async () => {
    const app = await startSignedIn();
    const { db, storage } = app.deps;
    await storage.put('users/usr_x/videos/vid_x/lost.png', Readable.from([Buffer.from('lost')]));
    await db
      .insertInto('files')
      .values({
        id: 'fil_gone',
        user_id: app.userId,
        key: 'users/gone.png',
        category: 'masks',
        size_bytes: 7,
      })
      .execute();
    await db.updateTable('storage_sums').set({ bytes: 99 }).execute();
    const first = await reconcileStorage(app.deps, AbortSignal.timeout(9000));
    expect(first).toEqual({ sums: 1, orphans: 0, damaged: 1 });
    app.advance(25 * 60 * 60);
    const second = await reconcileStorage(app.deps, AbortSignal.timeout(9000));
    expect(second).toEqual({ sums: 0, orphans: 1, damaged: 1 });
    const sums = await storageOf(app);
    expect(sums.masks).toEqual({ bytes: 7, files: 1 });
  });
});
