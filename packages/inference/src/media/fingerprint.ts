import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Memo = z.object({ key: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const edgeBytes = 64 * 1024;

/**
 * Hex SHA-256 of a movie's bytes. With a cache folder it is remembered by path, size, time of
 * change and inode, so that a large file is read once.
 */
export async function movieFingerprint(
  path: string,
  cacheDir?: string,
  signal?: AbortSignal,
): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  const key = [path, size, mtimeNs, ctimeNs, ino].join('\0');
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  const memo = cacheDir === undefined ? undefined : join(cacheDir, 'fingerprints', `${name}.json`);
  const known = memo === undefined ? undefined : await readMemo(memo);
  if (known?.key === key) {
    return known.sha256;
  }
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20, signal })) {
    hash.update(piece);
  }
  const sha256 = hash.digest('hex');
  if (memo !== undefined) {
    await writeMemo(memo, { key, sha256 });
  }
  return sha256;
}

async function readMemo(path: string): Promise<z.infer<typeof Memo> | undefined> {
  try {
    return Memo.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Saves time only, so a folder that cannot be written is no failure. */
async function writeMemo(path: string, memo: z.infer<typeof Memo>): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(partial, JSON.stringify(memo));
    await rename(partial, path);
  } catch {
    await rm(partial, { force: true }).catch(() => {});
  }
}

/**
 * Hex SHA-256 over number, size, and the first and last 64 KiB of every frame of a sequence: enough
 * to tell versions of a plate apart without reading terabytes. Names and places do not count.
 */
export async function sequenceFingerprint(
  frames: readonly { readonly number: number; readonly path: string }[],
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { number, path } of frames) {
    signal?.throwIfAborted();
    const file = await open(path);
    try {
      const { size } = await file.stat();
      hash.update(`${number}:${size}:`);
      const head = Buffer.alloc(Math.min(size, edgeBytes));
      await file.read(head, 0, head.length, 0);
      hash.update(head);
      if (size > edgeBytes) {
        const tail = Buffer.alloc(Math.min(size - edgeBytes, edgeBytes));
        await file.read(tail, 0, tail.length, size - tail.length);
        hash.update(tail);
      }
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex');
}
