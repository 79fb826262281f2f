import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { UploadStore } from '../../upload-store.ts';
import { writeFailure } from './file-failure.ts';

/**
 * Remembers uploads in files that only this user can read.
 * @param folder `roto/uploads` of the XDG state folder unless given
 * @throws RotoError `disk_full`, `output_unwritable` when it cannot write
 */
export function folderUploadStore(folder: string = usualFolder()): UploadStore {
  const place = (key: string): string => join(folder, `${encodeURIComponent(key)}.url`);
  return {
    get: async (key) => {
      const text = await readFile(place(key), 'utf8').catch(() => '');
      return URL.canParse(text.trim()) ? text.trim() : undefined;
    },
    set: async (key, url) => {
      const temporary = `${place(key)}.${process.pid}.tmp`;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(temporary, `${url}\n`, { mode: 0o600 });
        await rename(temporary, place(key));
      } catch (error) {
        throw writeFailure(error, folder);
      }
    },
    delete: (key) => rm(place(key), { force: true }),
  };
}

function usualFolder(): string {
  const state = process.env['XDG_STATE_HOME'];
  const base = state === undefined || state === '' ? join(homedir(), '.local', 'state') : state;
  return resolve(base, 'roto', 'uploads');
}
