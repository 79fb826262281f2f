import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeBelow } from './place-below.ts';

describe('the place of a file that a server names', () => {
  it('is below the folder, as its parts say', () => {
    expect(placeBelow('out', 'person/plate.1001.exr')).toBe(resolve('out/person/plate.1001.exr'));
    expect(placeBelow('/', 'a')).toBe(resolve('/a'));
  });

  it.each(['', '/etc/passwd', '../a', 'a/../../b', 'a//b', './a', 'a/', 'C:/a', 'a\\..\\b', 'a\0'])(
    'is refused for %j',
    (name) => {
      expect(() => placeBelow('out', name)).toThrow(
        expect.objectContaining({ code: 'reply_unreadable' }),
      );
    },
  );

  it('is never outside of it, whatever the name', () => {
    const part = fc.oneof(fc.constantFrom('.', '..', '', '\\', 'C:', '~'), fc.string());
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          const place = placeBelow('out', parts.join('/'));
          expect(place.startsWith(`${resolve('out')}${sep}`)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'reply_unreadable' });
        }
      }),
    );
  });
});
