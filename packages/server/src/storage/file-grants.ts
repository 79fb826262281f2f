import { createHmac, timingSafeEqual } from 'node:crypto';
import { RotoError } from '@roto/sdk/contract';
import { checkedKey } from './keys.ts';
import type { UrlOptions } from './storage.ts';

/** A file that somebody may read until a time. */
export interface FileGrant extends UrlOptions {
  readonly key: string;
  readonly inline: boolean;
}

/** Makes and checks the paths of files in a folder: `/api/files/<grant>/<filename>`. */
export interface FileGrants {
  path(grant: FileGrant): string;
  /**
   * What a path allows.
   * @throws RotoError `invalid_token` where it is not ours, was changed, or is too old
   */
  verify(grant: string, filename: string, now: Date): FileGrant;
}

/** Signs with the first secret; what any of them signed counts, so that secrets can be changed. */
export function createFileGrants(secrets: readonly [string, ...string[]]): FileGrants {
  const sign = (secret: string, text: string) =>
    createHmac('sha256', secret).update(`roto file\n${text}`).digest();
  return {
    path({ key, filename, expiresAt, inline }) {
      const expires = Math.ceil(expiresAt.getTime() / 1000).toString(36);
      const plain = filename.toWellFormed();
      const head = [inline ? 'i' : 'a', expires, Buffer.from(key).toString('base64url')].join('.');
      const signature = sign(secrets[0], `${head}\n${plain}`).toString('base64url');
      return `/api/files/${head}.${signature}/${encodeURIComponent(plain)}`;
    },
    verify(grant, filename, now) {
      const [kind = '', expires = '', encodedKey = '', signature = '', more] = grant.split('.');
      const given = Buffer.from(signature, 'base64url');
      const head = `${kind}.${expires}.${encodedKey}`;
      const isOurs = secrets.some((secret) => {
        const expected = sign(secret, `${head}\n${filename}`);
        return expected.length === given.length && timingSafeEqual(expected, given);
      });
      const expiresAt = new Date(Number.parseInt(expires, 36) * 1000);
      if (!isOurs || more !== undefined || !(expiresAt > now)) {
        throw new RotoError('invalid_token', 'This address of a file is too old, or is wrong.', {
          hint: 'Ask for the video or the results again: they come with a new one.',
        });
      }
      const key = checkedKey(Buffer.from(encodedKey, 'base64url').toString());
      return { key, filename, expiresAt, inline: kind === 'i' };
    },
  };
}
