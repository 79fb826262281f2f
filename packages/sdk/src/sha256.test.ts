import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSha256 as nodeSha256 } from './platform/node/sha256.ts';
import { createSha256 as webSha256 } from './platform/web/sha256.ts';

describe.each([
  ['on Node', nodeSha256],
  ['in JavaScript', webSha256],
])('a SHA-256 %s', (_, createSha256) => {
  it('is that of all the pieces together', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
        const hash = createSha256();
        for (const piece of pieces) hash.update(piece);
        const whole = Buffer.concat(pieces);
        expect(hash.hex()).toBe(createHash('sha256').update(whole).digest('hex'));
      }),
    );
  });
});
