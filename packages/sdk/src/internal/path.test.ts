import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { path } from './path.ts';

describe('path', () => {
  it('puts every value into one segment, from which it can be read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (id) => {
        fc.pre(id !== '.' && id !== '..');
        const { pathname, search, hash } = new URL(path`/api/videos/${id}/masks`, 'http://e.org');
        const [, api, videos, segment = '', ...rest] = pathname.split('/');
        expect([api, videos, ...rest, search, hash]).toEqual(['api', 'videos', 'masks', '', '']);
        expect(decodeURIComponent(segment)).toBe(id.toWellFormed());
      }),
    );
  });

  it.each(['', '.', '..'])('refuses %j, which is no id', (id) => {
    expect(() => path`/api/videos/${id}`).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});
