import { createHash } from 'node:crypto';
import { RotoError } from '@roto/sdk/contract';
import type { PutOptions, PutResult } from './storage.ts';

/** Bytes on their way, counted and hashed. */
export interface Metered {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Of what has passed; asked once the bytes have ended. */
  result(): PutResult;
}

/**
 * Counts and hashes a body as it passes, and ends it with a failure as soon as it is too long, is
 * not what was announced, or nobody wants it any more.
 */
export function metered(body: AsyncIterable<Uint8Array>, options: PutOptions): Metered {
  const { maxBytes = Number.POSITIVE_INFINITY, sha256: expected, signal } = options;
  const hash = createHash('sha256');
  let size = 0;
  let sha256 = '';
  async function* pass(): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of body) {
      signal?.throwIfAborted();
      size += piece.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      hash.update(piece);
      yield piece;
    }
    signal?.throwIfAborted();
    sha256 = hash.digest('hex');
    if (expected !== undefined && expected !== sha256) throw corrupt(expected, sha256);
  }
  return { bytes: pass(), result: () => ({ size, sha256 }) };
}

function tooLarge(maxBytes: number): RotoError {
  return new RotoError('payload_too_large', `Expected at most ${maxBytes} bytes.`, {
    param: 'file',
  });
}

function corrupt(expected: string, sha256: string): RotoError {
  return new RotoError(
    'transfer_corrupt',
    `Expected a file with SHA-256 ${expected}, and what came has ${sha256}.`,
    { param: 'sha256', hint: 'Send it again.' },
  );
}
