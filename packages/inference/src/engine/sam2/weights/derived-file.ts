import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { throwIfStopped } from '../../../stop.ts';
import { guardCache } from '../../../track/cache-failure.ts';
import type { PlacedWeight } from './weight-plan.ts';

/** Values of a tensor of the checkpoint, by its name. */
export type ReadTensor = (name: string) => Promise<Float32Array>;

export interface DerivedFileOptions {
  /** Its name ends in `-<version>.bin`; files of other versions go when this one is made. */
  readonly path: string;
  readonly weights: readonly PlacedWeight[];
  readonly read: ReadTensor;
  readonly signal?: AbortSignal | undefined;
}

const checksumBytes = 4;
const step = 1 << 20;

/**
 * Makes the file of derived weights where it is not there whole: one weight in memory at a time,
 * written beside its place and renamed. Processes that make it at once make the same bytes, so it
 * does not matter whose stays. After the weights comes the CRC-32 of all bytes before it.
 *
 * @throws RotoError `interrupted`, or what the cache folder fails with
 */
export async function makeDerivedFile(options: DerivedFileOptions): Promise<void> {
  const { path, weights, signal } = options;
  if (await isWhole(path, byteLength(weights), signal)) return;
  await guardCache(dirname(path), async () => {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await write(temporary, options);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await removeOthers(path);
  });
}

/** Removes files that differ in their version only; who has one open keeps what it reads. */
async function removeOthers(path: string): Promise<void> {
  const name = basename(path);
  const prefix = name.slice(0, name.lastIndexOf('-') + 1);
  for (const other of await readdir(dirname(path))) {
    const isOther = other.startsWith(prefix) && other.endsWith('.bin') && other !== name;
    // One that cannot be removed now only takes space.
    if (isOther) await rm(join(dirname(path), other), { force: true }).catch(() => {});
  }
}

/** Bytes of the weights, without the checksum. */
function byteLength(weights: readonly PlacedWeight[]): number {
  const last = weights.at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

async function write(path: string, { weights, read, signal }: DerivedFileOptions): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  let crc = 0;
  let at = 0;
  for (const weight of weights) {
    throwIfStopped(signal);
    const padding = new Uint8Array(weight.offset - at);
    const bytes = await makeBytes(weight, read);
    for (const part of [padding, bytes]) {
      await file.writeFile(part);
      crc = crc32(part, crc);
      at += part.length;
    }
  }
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt32LE(crc);
  await file.writeFile(checksum);
}

async function makeBytes(weight: PlacedWeight, read: ReadTensor): Promise<Uint8Array> {
  const sources: Float32Array[] = [];
  for (const name of weight.from) sources.push(await read(name));
  const values = weight.make(...sources);
  if (values.byteLength !== weight.length) {
    throw new RangeError(`Expected ${weight.length} bytes for the weight "${weight.name}"`);
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

async function isWhole(
  path: string,
  length: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    return false;
  }
  try {
    if ((await file.stat()).size !== length + checksumBytes) return false;
    const buffer = Buffer.alloc(Math.min(step, length + checksumBytes));
    let crc = 0;
    for (let at = 0; at < length; at += step) {
      throwIfStopped(signal);
      const { bytesRead } = await file.read(buffer, 0, Math.min(step, length - at), at);
      crc = crc32(buffer.subarray(0, bytesRead), crc);
    }
    await file.read(buffer, 0, checksumBytes, length);
    return buffer.readUInt32LE(0) === crc;
  } finally {
    await file.close();
  }
}
