import { createHash, randomBytes } from 'node:crypto';

/** A token nobody can guess: 256 bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is kept of a token. Not a slow hash: such a token cannot be tried out. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
