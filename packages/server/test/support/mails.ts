import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { vi } from 'vitest';

/** The mails in a data folder, oldest first, once there are so many. */
export async function mailsIn(data: string, count: number): Promise<Email[]> {
  const folder = join(data, 'mails');
  const names = await vi.waitFor(
    async () => {
      const found = (await readdir(folder)).filter((name) => !name.startsWith('.'));
      if (found.length < count) throw new Error(`${found.length} mails`);
      return found.sort();
    },
    { timeout: 20_000, interval: 50 },
  );
  return Promise.all(
    names.map(async (name) => PostalMime.parse(await readFile(join(folder, name)))),
  );
}

/** The token of the link in a mail. */
export function tokenOf(mail: Email | undefined): string {
  const token = /\/(?:confirm|reset)\/([\w-]+)/.exec(mail?.text ?? '')?.[1];
  if (token === undefined) throw new Error(`No link in: ${mail?.text}`);
  return token;
}
