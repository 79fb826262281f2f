import { describe, expect, it } from 'vitest';
import { shownHeaders, shownUrl } from './redact.ts';

describe('what is shown', () => {
  it('of an address has no user, password, query, fragment or token', () => {
    const token = 'A'.repeat(43);
    expect(shownUrl(`https://me:pw@e.org/api/confirm/${token}?signature=s#f`)).toBe(
      'https://e.org/api/confirm/…',
    );
    expect(shownUrl('https://e.org/api/tasks/tsk_0123456789abcdefghjk')).toBe(
      'https://e.org/api/tasks/tsk_0123456789abcdefghjk',
    );
  });

  it('of headers has no key and no cookie', () => {
    expect(shownHeaders({ Authorization: 'Bearer x', cookie: 'y', accept: 'z' })).toEqual({
      Authorization: '[redacted]',
      cookie: '[redacted]',
      accept: 'z',
    });
  });
});
