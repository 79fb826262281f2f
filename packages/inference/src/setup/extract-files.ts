import { open, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { RotoError } from '@roto/sdk/contract';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { throwIfStopped } from '../stop.ts';

/** A file of an archive, and where it goes. */
export interface WantedFile {
  /** Name in the archive, or what the name is like. */
  readonly name: string | RegExp;
  readonly path: string;
}

/**
 * Takes files out of a zip archive; nothing else of it is written. Of what fails nothing stays.
 * @throws RotoError `model_corrupt` where the archive is damaged or lacks a file, `interrupted`,
 * or what the file system says
 */
export async function extractFiles(
  archive: string,
  files: readonly WantedFile[],
  signal?: AbortSignal,
): Promise<void> {
  const zip = await openZip(archive);
  const left = new Set(files);
  try {
    for await (const entry of zip.eachEntry()) {
      throwIfStopped(signal);
      const file = [...left].find(({ name }) => isNamed(entry, name));
      if (file === undefined) continue;
      await extract(zip, entry, file.path, signal);
      left.delete(file);
    }
    const [missing] = left;
    if (missing !== undefined) throw damaged(archive, `it has no ${missing.name}`);
  } catch (error) {
    await Promise.all(files.map(({ path }) => rm(path, { force: true })));
    throwIfStopped(signal);
    if (error instanceof RotoError || isFileSystemError(error)) throw error;
    throw damaged(archive, error instanceof Error ? error.message : String(error), error);
  } finally {
    zip.close();
  }
}

function isNamed({ fileName }: Entry, name: string | RegExp): boolean {
  return typeof name === 'string' ? fileName === name : name.test(fileName);
}

async function openZip(archive: string): Promise<ZipFile> {
  try {
    return await openPromise(archive);
  } catch (error) {
    if (isFileSystemError(error)) throw error;
    throw damaged(archive, error instanceof Error ? error.message : String(error), error);
  }
}

async function extract(
  zip: ZipFile,
  entry: Entry,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await using out = await open(path, 'wx', 0o755);
  let sum = 0;
  // The reader itself refuses what unpacks to another length than the archive says.
  const chunks: AsyncIterable<Buffer> = await zip.openReadStreamPromise(entry);
  for await (const chunk of chunks) {
    throwIfStopped(signal);
    sum = crc32(chunk, sum);
    await out.appendFile(chunk);
  }
  if (sum !== entry.crc32) throw new Error(`the checksum of ${entry.fileName} is wrong`);
  await out.datasync();
}

function damaged(archive: string, what: string, cause?: unknown): RotoError {
  return new RotoError('model_corrupt', `The archive ${archive} cannot be used: ${what}.`, {
    cause,
  });
}

/** Of the file system, not of the archive's bytes: those errors have no code of a system call. */
function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
