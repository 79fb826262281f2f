import { createHash } from 'node:crypto';
import type { Sha256 } from '../../sha256.ts';

/** A SHA-256 by the runtime's own code. */
export function createSha256(): Sha256 {
  const hash = createHash('sha256');
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest('hex') };
}
