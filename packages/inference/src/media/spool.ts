import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';

/**
 * Frames on disk, for reading a long group of pictures backwards: written once in order, read in
 * any. The file is unlinked while open, so nothing is left behind however the process ends.
 */
export interface Spool {
  append(bytes: Uint8Array): Promise<void>;
  /** The block at a position, in fresh memory. */
  read(position: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Opens an empty spool of blocks of one size.
 * @param folder where to put it; the system's temporary folder unless given.
 * @throws RotoError `disk_full`
 */
export async function openSpool(blockBytes: number, folder = tmpdir()): Promise<Spool> {
  const place = await mkdtemp(join(folder, 'roto-spool-'));
  let file: FileHandle;
  try {
    file = await open(join(place, 'frames'), 'wx+', 0o600);
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    throw error;
  }
  // Windows keeps an open file's name; there it goes at close.
  await rm(place, { recursive: true, force: true }).catch(() => {});
  let count = 0;
  return {
    async append(bytes) {
      try {
        await file.write(bytes, 0, blockBytes, count * blockBytes);
      } catch (cause) {
        throw new RotoError('disk_full', 'Could not keep decoded frames to read them backwards', {
          hint: `Free some space in ${folder}, or track forwards.`,
          cause,
        });
      }
      count++;
    },
    async read(position) {
      const block = new Uint8Array(blockBytes);
      const { bytesRead } = await file.read(block, 0, blockBytes, position * blockBytes);
      if (bytesRead !== blockBytes) {
        throw new RotoError('internal', `Expected ${blockBytes} bytes back, got ${bytesRead}`);
      }
      return block;
    },
    async close() {
      await file.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}
