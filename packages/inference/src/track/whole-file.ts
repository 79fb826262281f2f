import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const checksumBytes = 4;

/** Writes a file beside its place and renames it there, so that it is seen whole or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes bytes with their CRC-32 after them. */
export async function writeChecked(path: string, content: Uint8Array): Promise<void> {
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt32LE(crc32(content));
  await writeWhole(path, Buffer.concat([content, checksum]));
}

/** Bytes of {@link writeChecked}; undefined where there are none, or others than were written. */
export async function readChecked(path: string): Promise<Buffer | undefined> {
  const bytes = await readIfThere(path);
  if (bytes === undefined || bytes.length < checksumBytes) return undefined;
  const content = bytes.subarray(0, -checksumBytes);
  return crc32(content) === bytes.readUInt32LE(content.length) ? content : undefined;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
