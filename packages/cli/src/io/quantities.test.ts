import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';
import { formatBytes, formatFrames, formatRate, formatSeconds, formatSpeed } from './quantities.ts';

describe('quantities', () => {
  it.each([
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.6, '1 min 00 s'],
    [312, '5 min 12 s'],
    [11_220, '3 h 07 min'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_949, '9.9 kB'],
    [9_950_000, '10 MB'],
    [999_600, '1.0 MB'],
    [34_000_000_000, '34 GB'],
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('writes speeds below one frame a second as seconds a frame, and none as nothing', () => {
    expect(formatSpeed(3.24)).toBe('3.2 frames/s');
    expect(formatSpeed(0.4)).toBe('2.5 s/frame');
    expect(formatSpeed(0)).toBeUndefined();
    expect(formatSpeed(undefined)).toBeUndefined();
  });

  it('writes rates and frames the way artists do', () => {
    expect(formatRate({ num: 24_000, den: 1001 })).toBe('23.976 fps');
    expect(formatFrames([1004, 1001, 1002, 1010])).toBe('1001-1002, 1004, 1010');
    expect(formatFrames([1, 3, 5, 6, 7], 2)).toBe('1, 3 and 3 more');
  });

  it('lets no control character or direction mark of a file name into the terminal', () => {
    expect(printable('a\nb\t\u001b]0;x\u0007 \u202egnp.exe é 試')).toBe(
      'a\\nb\\t\\u001b]0;x\\u0007 \\u202egnp.exe é 試',
    );
  });
});
