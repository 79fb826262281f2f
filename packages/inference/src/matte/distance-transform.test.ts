import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestSites } from './distance-transform.ts';

test('finds a site as near as any by trying all of them', () => {
  const picture = fc.integer({ min: 1, max: 12 }).chain((width) =>
    fc.record({
      width: fc.constant(width),
      rows: fc.array(fc.array(fc.boolean(), { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 12,
      }),
    }),
  );
  fc.assert(
    fc.property(picture, ({ width, rows }) => {
      const sites = Uint8Array.from(rows.flat(), (isSite) => (isSite ? 1 : 0));
      const squared = (a: number, b: number) =>
        ((a % width) - (b % width)) ** 2 + (Math.floor(a / width) - Math.floor(b / width)) ** 2;
      const all = [...sites.keys()].filter((i) => sites[i] === 1);
      for (const [i, site] of nearestSites(sites, width).entries()) {
        if (all.length === 0) {
          expect(site).toBe(-1);
          continue;
        }
        expect(sites[site]).toBe(1);
        expect(squared(i, site)).toBe(Math.min(...all.map((other) => squared(i, other))));
      }
    }),
  );
});
