import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Upload } from '@tus/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileGrants } from '../src/storage/file-grants.ts';
import { createFolderStorage } from '../src/storage/folder.ts';
import { createS3Storage } from '../src/storage/s3.ts';
import type { Storage } from '../src/storage/storage.ts';
import { startS3 } from './support/s3-server.ts';
import { startApp } from './support/start-app.ts';

const clock = () => new Date();
const inAnHour = () => new Date(Date.now() + 3_600_000);
const key = 'users/usr_1/videos/vid_1/original.mov';
const content = randomBytes(100_000);
const sha256 = createHash('sha256').update(content).digest('hex');

async function folderStorage(): Promise<Storage> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return createFolderStorage({
    folder,
    grants: createFileGrants(['secret']),
    origin: () => 'http://roto.test',
  });
}

const homes = {
  folder: folderStorage,
  s3: async () => createS3Storage({ config: await startS3(), clock, largestCopy: 6_000_000 }),
};

async function keysIn(storage: Storage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of storage.list(prefix)) keys.push(entry.key);
  return keys.sort((a, b) => a.localeCompare(b));
}

function pieces(whole: Uint8Array, size = 10_000): Readable {
  const count = Math.ceil(whole.byteLength / size);
  return Readable.from(
    Array.from({ length: count }, (_, at) => whole.subarray(at * size, (at + 1) * size)),
  );
}

describe.each(Object.entries(homes))('storage in a home of the kind %s', (_, open) => {
  it('gives back what was put, whole and in ranges, and says what it was', async () => {
    const storage = await open();
    await storage.check();
    expect(await storage.put(key, pieces(content))).toEqual({ size: content.length, sha256 });
    expect((await buffer(await storage.get(key))).equals(content)).toBe(true);
    const part = await buffer(await storage.get(key, { first: 10, last: 29 }));
    expect(part.equals(content.subarray(10, 30))).toBe(true);
    expect(await storage.head(key)).toMatchObject({ key, size: content.length });
  });

  it('puts what has no bytes at all', async () => {
    const storage = await open();
    expect((await storage.put(key, Readable.from([]))).size).toBe(0);
    expect((await buffer(await storage.get(key))).length).toBe(0);
  });

  it('streams what is longer than its parts', async () => {
    const storage = await open();
    const big = randomBytes(40_000_000);
    const put = await storage.put(key, pieces(big, 1_000_000));
    expect(put.size).toBe(big.length);
    expect((await buffer(await storage.get(key))).equals(big)).toBe(true);
  });

  it('replaces an object as a whole', async () => {
    const storage = await open();
    await storage.put(key, pieces(content));
    const before = await storage.head(key);
    await storage.put(key, pieces(Buffer.from('another')));
    expect((await buffer(await storage.get(key))).toString()).toBe('another');
    expect((await storage.head(key))?.etag).not.toBe(before?.etag);
  });

  it.each([
    ['is too long', { maxBytes: 50_000 }, 'payload_too_large'],
    ['is not what was announced', { sha256: '0'.repeat(64) }, 'transfer_corrupt'],
  ])('keeps nothing of a body that %s', async (_what, options, code) => {
    const storage = await open();
    await expect(storage.put(key, pieces(content), options)).rejects.toMatchObject({ code });
    expect(await storage.head(key)).toBeUndefined();
    expect(await keysIn(storage, '')).toEqual([]);
  });

  it('keeps the old object when a new body breaks off', async () => {
    const storage = await open();
    await storage.put(key, pieces(content));
    async function* broken() {
      yield Buffer.from('new');
      throw new Error('cut');
    }
    await expect(storage.put(key, broken())).rejects.toThrow('cut');
    expect((await buffer(await storage.get(key))).equals(content)).toBe(true);
  });

  it('stops within a piece when nobody wants it any more', async () => {
    const storage = await open();
    const stop = new AbortController();
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 1;
        if (given === 5) stop.abort(new Error('stopped'));
        yield Buffer.alloc(1000);
      }
    }
    const put = storage.put(key, endless(), { signal: stop.signal });
    await expect(put).rejects.toThrow('stopped');
    expect(given).toBeLessThan(50);
    expect(await storage.head(key)).toBeUndefined();
  });

  it('copies, lists by prefix and deletes; what is not there is not found', async () => {
    const storage = await open();
    const other = 'users/usr_1/videos/vid_2/original.mov';
    await storage.put(key, pieces(content));
    await storage.copy(key, other);
    expect((await buffer(await storage.get(other))).equals(content)).toBe(true);
    await storage.put('users/usr_10/videos/vid_3/a.png', pieces(content));
    expect(await keysIn(storage, 'users/usr_1/')).toEqual([key, other]);
    await storage.delete([key, other, 'users/usr_1/none']);
    expect(await keysIn(storage, 'users/usr_1/')).toEqual([]);
    expect(await storage.head(key)).toBeUndefined();
    await expect(storage.get(key)).rejects.toMatchObject({ code: 'not_found' });
    await expect(storage.copy(key, other)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['../up', 'a/../b', '/etc/passwd', 'a//b', '.hidden', 'a/.b', 'a\\b', 'a b', 'ä', ''])(
    'knows no key such as %j',
    async (bad) => {
      const storage = await open();
      const refused = { code: 'invalid_argument' };
      await expect((async () => storage.put(bad, pieces(content)))()).rejects.toMatchObject(
        refused,
      );
      await expect((async () => storage.get(bad))()).rejects.toMatchObject(refused);
      await expect((async () => storage.delete([bad]))()).rejects.toMatchObject(refused);
    },
  );

  it('gathers a tus upload piece by piece, and shows it once it is finished', async () => {
    const storage = await open();
    const { store } = storage.tus;
    await store.create(new Upload({ id: key, size: content.length, offset: 0 }));
    await store.write(pieces(content.subarray(0, 60_000)), key, 0);
    expect((await store.getUpload(key)).offset).toBe(60_000);
    expect(await storage.head(key)).toBeUndefined();
    await store.write(pieces(content.subarray(60_000)), key, 60_000);
    await storage.tus.finish(key);
    expect((await buffer(await storage.get(key))).equals(content)).toBe(true);
    expect(await keysIn(storage, '')).toEqual([key]);
  });

  it('forgets a tus upload that nobody finishes, and one that never was', async () => {
    const storage = await open();
    await storage.tus.store.create(new Upload({ id: key, size: 10, offset: 0 }));
    await storage.tus.discard(key);
    await storage.tus.discard(key);
    expect(await keysIn(storage, '')).toEqual([]);
  });
});

describe('storage in a bucket', () => {
  it('gives addresses for reading that name and type the file', async () => {
    const storage = await homes.s3();
    await storage.put(key, pieces(content));
    const url = await storage.url(key, { expiresAt: inAnHour(), filename: 'Plänë "1".mov' });
    const reply = await fetch(url, { headers: { Range: 'bytes=5-9' } });
    expect(reply.status).toBe(206);
    expect(reply.headers.get('Content-Disposition')).toContain("filename*=UTF-8''Pl%C3%A4n%C3%AB");
    expect(Buffer.from(await reply.arrayBuffer()).equals(content.subarray(5, 10))).toBe(true);
  });

  it('takes an upload in parts from a client, and forgets one that is given up', async () => {
    const storage = await homes.s3();
    const { parts } = storage;
    if (parts === undefined) throw new Error('S3 takes parts');
    const upload = { key, uploadId: await parts.create(key) };
    const bodies = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
    for (const [at, body] of bodies.entries()) {
      const url = await parts.partUrl(upload, at + 1, inAnHour());
      expect((await fetch(url, { method: 'PUT', body })).status).toBe(200);
    }
    const arrived = await parts.list(upload);
    expect(arrived.map(({ partNumber, size }) => [partNumber, size])).toEqual([
      [1, 5 * 1024 * 1024],
      [2, 1000],
    ]);
    await parts.complete(upload, arrived);
    expect((await buffer(await storage.get(key))).equals(Buffer.concat(bodies))).toBe(true);
    const given = { key, uploadId: await parts.create(key) };
    await parts.abort(given);
    await parts.abort(given);
  });

  it('says in a sentence that a bucket is not there', async () => {
    const config = { ...(await startS3()), bucket: 'missing' };
    await expect(createS3Storage({ config, clock }).check()).rejects.toMatchObject({
      code: 'invalid_config',
      message: 'Files cannot be written to the bucket missing (NoSuchBucket).',
    });
  });
});

describe('storage in a folder', () => {
  it('says in a sentence that the folder cannot be written', async () => {
    const grants = createFileGrants(['secret']);
    const above = await mkdtemp(join(tmpdir(), 'roto-storage-'));
    onTestFinished(() => rm(above, { recursive: true, force: true }));
    const folder = join(above, 'file', 'files');
    await writeFile(join(above, 'file'), '');
    const storage = createFolderStorage({ folder, grants, origin: () => '' });
    await expect(storage.check()).rejects.toMatchObject({ code: 'invalid_config' });
  });

  it('leaves no part of a body that broke off', async () => {
    const storage = await folderStorage();
    await expect(storage.put(key, pieces(content), { maxBytes: 1 })).rejects.toThrow();
    const folder = storage.localPath(key)?.split('/objects/')[0] ?? '';
    expect(await readdir(join(folder, 'partial'))).toEqual([]);
  });
});

describe('a file of a folder under its address', () => {
  async function served() {
    const app = await startApp();
    const { storage } = app.deps;
    await storage.put(key, pieces(content));
    const url = await storage.url(key, { expiresAt: inAnHour(), filename: 'Plate 1.mov' });
    expect(url).toMatch(/^http:\/\/roto\.test\/api\/files\/.+\/Plate%201\.mov$/);
    return { ...app, path: new URL(url).pathname, url };
  }

  it('is given whole, named, typed and harmless', async () => {
    const { ask, path } = await served();
    const reply = await ask('GET', path);
    expect(reply.status).toBe(200);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-type': 'video/quicktime',
      'content-length': '100000',
      'content-disposition': `attachment; filename="Plate 1.mov"; filename*=UTF-8''Plate%201.mov`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'accept-ranges': 'bytes',
    });
    expect(Buffer.from(await reply.arrayBuffer()).equals(content)).toBe(true);
  });

  it.each([
    ['bytes=0-0', 206, [0, 1]],
    ['bytes=99990-', 206, [99_990, 100_000]],
    ['bytes=-10', 206, [99_990, 100_000]],
    ['bytes=5-999999', 206, [5, 100_000]],
    ['bytes=9-5', 200, [0, 100_000]],
    ['bytes=0-1,5-6', 200, [0, 100_000]],
    ['lines=1-2', 200, [0, 100_000]],
  ])('is given in the range %s', async (range, status, [from, to]) => {
    const { ask, path } = await served();
    const reply = await ask('GET', path, { headers: { Range: range } });
    expect(reply.status).toBe(status);
    const bytes = Buffer.from(await reply.arrayBuffer());
    expect(bytes.equals(content.subarray(from, to))).toBe(true);
  });

  it('is not given in a range that it has not', async () => {
    const { ask, path } = await served();
    const reply = await ask('GET', path, { headers: { Range: 'bytes=100000-' } });
    expect(reply.status).toBe(416);
    expect(reply.headers.get('Content-Range')).toBe('bytes */100000');
  });

  it('is not sent again to who has it, and whole to who has another', async () => {
    const { ask, path } = await served();
    const etag = (await ask('HEAD', path)).headers.get('ETag') ?? '';
    expect((await ask('GET', path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    const headers = { Range: 'bytes=0-1', 'If-Range': '"other"' };
    expect((await ask('GET', path, { headers })).status).toBe(200);
  });

  it('is nobody’s whose address was changed, or is too old', async () => {
    const { ask, path, advance } = await served();
    const changed = [
      path.replace('Plate%201', 'Plate%202'),
      path.replace('/a.', '/i.'),
      path.replace(/(\.[^./]+)\/Plate/, '.AAAA/Plate'),
      path.replace(/\/a\.[^.]+\./, '/a.zzzzzzz.'),
    ];
    for (const other of changed) {
      expect(other).not.toBe(path);
      expect((await ask('GET', other)).status).toBe(400);
    }
    advance(3601);
    expect((await ask('GET', path)).status).toBe(400);
  });
});
