import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressRuns, runLengths } from '../../../../inference/src/export/rle.ts';
import { maskOf } from './rle-mask.ts';

describe('a mask in run lengths', () => {
  it('is read as the service writes it, whatever is in it', () => {
    const anyMask = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
      .chain(([width, height]) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          bits: fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }),
        }),
      );
    fc.assert(
      fc.property(anyMask, ({ width, height, bits }) => {
        const alpha = Uint16Array.from(bits, (bit) => (bit ? 65_535 : 0));
        const counts = compressRuns(runLengths(alpha, width, height));
        const mask = maskOf({ size: [height, width], counts });
        expect([...mask]).toEqual(bits.map(Number));
      }),
    );
  });

  it('is refused where it is another size, or nothing of the kind', () => {
    fc.assert(
      fc.property(fc.string(), (counts) => {
        try {
          expect(maskOf({ size: [4, 4], counts })).toHaveLength(16);
        } catch (error) {
          expect(error).toMatchObject({ code: 'reply_unreadable' });
        }
      }),
    );
    expect(() => maskOf({ size: [1, 1], counts: '' })).toThrow('cannot be read');
  });
});
