import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, type Dirent } from 'node:fs';
import {
  copyFile,
  mkdir,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RotoError } from '@roto/sdk/contract';
import { FileStore } from '@tus/file-store';
import type { FileGrants } from './file-grants.ts';
import { checkedKey } from './keys.ts';
import { metered } from './metered.ts';
import type { ByteRange, Storage, StoredInfo, TusHome } from './storage.ts';

/** What {@link createFolderStorage} stands on. */
export interface FolderStorageOptions {
  /** Absolute; made where it is missing, for this account of the system alone. */
  readonly folder: string;
  readonly grants: FileGrants;
  /** Where the service is reached, without a slash at the end. */
  readonly origin: () => string;
}

/** Files in a folder of this machine, given out by the service itself under signed addresses. */
export function createFolderStorage(options: FolderStorageOptions): Storage {
  const { folder, grants, origin } = options;
  const objects = join(folder, 'objects');
  const partial = join(folder, 'partial');
  const pathOf = (key: string) => join(objects, checkedKey(key));
  return {
    kind: 'folder',
    parts: undefined,
    tus: tusHome(join(folder, 'tus'), pathOf),
    check: () => checkFolder(partial, folder),
    async put(key, body, putOptions = {}) {
      const path = pathOf(key);
      const part = join(partial, randomUUID());
      await makeFolder(partial);
      const { bytes, result } = metered(body, putOptions);
      try {
        await pipeline(bytes, createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }));
        await moveInto(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw writeFailure(error);
      }
      return result();
    },
    async get(key, range) {
      const path = pathOf(key);
      if ((await infoAt(path, key)) === undefined) throw notFound();
      return createReadStream(path, streamRange(range));
    },
    head: (key) => infoAt(pathOf(key), key),
    url: async (key, { expiresAt, filename, inline = false }) =>
      `${origin()}${grants.path({ key: checkedKey(key), filename, expiresAt, inline })}`,
    copy: (from, to) => copyWhole(pathOf(from), pathOf(to), partial),
    async delete(keys) {
      for (const key of keys) await removeFile(pathOf(key), objects);
    },
    list: (prefix) => listBelow(objects, prefix.replace(/\/$/, '')),
    localPath: pathOf,
  };
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

async function checkFolder(partial: string, folder: string): Promise<void> {
  const probe = join(partial, `check-${randomUUID()}`);
  try {
    await makeFolder(partial);
    await writeFile(probe, '', { flag: 'wx' });
    await unlink(probe);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown';
    throw new RotoError('invalid_config', `Files cannot be written to ${folder} (${code}).`, {
      hint: 'Give the service another data folder, or the right to write to this one.',
      cause,
    });
  }
}

/** The folder of the path may be missing, or be removed in this very moment with its last file. */
async function moveInto(from: string, to: string): Promise<void> {
  for (let tries = 3; ; tries -= 1) {
    await makeFolder(dirname(to));
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === 0) throw error;
    }
  }
}

async function copyWhole(from: string, to: string, partial: string): Promise<void> {
  const part = join(partial, randomUUID());
  await makeFolder(partial);
  try {
    await copyFile(from, part);
    await moveInto(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw codeOf(error) === 'ENOENT' ? notFound() : writeFailure(error);
  }
}

/** Removes a file, and the folders above it that it leaves empty. */
async function removeFile(path: string, root: string): Promise<void> {
  await rm(path, { force: true });
  for (let above = dirname(path); above !== root; above = dirname(above)) {
    const gone = await rmdir(above).then(
      () => true,
      () => false,
    );
    if (!gone) return;
  }
}

async function infoAt(path: string, key: string): Promise<StoredInfo | undefined> {
  const entry = await stat(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  });
  if (entry === undefined || !entry.isFile()) return undefined;
  const etag = `"${entry.size.toString(36)}-${Math.round(entry.mtimeMs).toString(36)}"`;
  return { key, size: entry.size, modifiedAt: entry.mtime, etag };
}

async function* listBelow(root: string, below: string): AsyncGenerator<StoredInfo, void, void> {
  const entries: Dirent[] = await readdir(join(root, below), { withFileTypes: true }).catch(
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    },
  );
  for (const entry of entries) {
    const key = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* listBelow(root, key);
    const info = entry.isFile() ? await infoAt(join(root, key), key) : undefined;
    if (info !== undefined) yield info;
  }
}

function tusHome(directory: string, pathOf: (key: string) => string): TusHome {
  // Made when it is first used: it makes its folder then, and throws where nobody catches it.
  let store: FileStore | undefined;
  const discard = async (key: string) => {
    const path = join(directory, checkedKey(key));
    await removeFile(`${path}.json`, directory);
    await removeFile(path, directory);
  };
  return {
    get store() {
      store ??= new FileStore({ directory });
      return store;
    },
    async finish(key) {
      await moveInto(join(directory, checkedKey(key)), pathOf(key));
      await discard(key);
    },
    discard,
  };
}

function streamRange(range: ByteRange | undefined): { start?: number; end?: number } {
  return range === undefined ? {} : { start: range.first, end: range.last };
}

function notFound(): RotoError {
  return new RotoError('not_found', 'There is no such file.');
}

function writeFailure(error: unknown): unknown {
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '');
  if (!isFull) return error;
  return new RotoError('disk_full', 'The service has no room left for files.', { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
