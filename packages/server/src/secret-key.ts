import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';

/** The secret of the service: the configured one, else one that is made once and kept, mode 0600. */
export async function secretKeyOf({
  secretKey,
  data,
}: Pick<Config, 'secretKey' | 'data'>): Promise<string> {
  if (secretKey !== undefined) return secretKey;
  await mkdir(data, { recursive: true, mode: 0o700 });
  const path = join(data, 'secret-key');
  try {
    const made = randomBytes(48).toString('base64url');
    await writeFile(path, made, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere) throw error;
    return (await readFile(path, 'utf8')).trim();
  }
}
