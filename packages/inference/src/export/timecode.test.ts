import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipInfo } from '../../test/support/export-support.ts';
import { timecodeAt } from './timecode.ts';

const clip = clipInfo({
  path: '/clip.mov',
  kind: 'movie',
  rate: { num: 24, den: 1 },
  firstFrame: 0,
  lastFrame: 1_000_000,
});
const ntsc = { ...clip, rate: { num: 30_000, den: 1001 } };

describe('timecodeAt', () => {
  it('moves the clip’s own start on by the frames before', () => {
    expect(timecodeAt({ ...clip, timecode: '01:00:00:00' }, 0)).toBe('01:00:00:00');
    expect(timecodeAt({ ...clip, timecode: '01:00:00:00' }, 25)).toBe('01:00:01:01');
    expect(timecodeAt({ ...clip, timecode: '09:59:59:23', firstFrame: 1001 }, 1002)).toBe(
      '10:00:00:00',
    );
  });

  it('leaves out the numbers drop-frame leaves out', () => {
    const drop = { ...ntsc, timecode: '00:00:00;00' };
    expect(timecodeAt(drop, 1799)).toBe('00:00:59;29');
    expect(timecodeAt(drop, 1800)).toBe('00:01:00;02');
    expect(timecodeAt(drop, 17_982)).toBe('00:10:00;00');
    // Drop-frame counts 107892 numbers an hour.
    expect(timecodeAt(drop, 107_892)).toBe('01:00:00;00');
    const fast = { ...clip, rate: { num: 60_000, den: 1001 }, timecode: '00:00:59;59' };
    expect(timecodeAt(fast, 1)).toBe('00:01:00;04');
  });

  it('counts every number where the clip does not drop', () => {
    expect(timecodeAt({ ...ntsc, timecode: '00:00:00:00' }, 1800)).toBe('00:01:00:00');
  });

  it('goes round at midnight', () => {
    expect(timecodeAt({ ...clip, timecode: '23:59:59:23' }, 1)).toBe('00:00:00:00');
    expect(timecodeAt({ ...ntsc, timecode: '23:59:59;29' }, 1)).toBe('00:00:00;00');
  });

  it('counts a sequence without timecode from its frame numbers, and a movie not at all', () => {
    expect(timecodeAt({ ...clip, kind: 'sequence', firstFrame: 1001 }, 1001)).toBe('00:00:41:17');
    expect(timecodeAt({ ...clip, kind: 'sequence', firstFrame: -5 }, -5)).toBeUndefined();
    expect(timecodeAt(clip, 0)).toBeUndefined();
  });

  it('gives none at rates timecode is not defined for, nor from text that is none', () => {
    const odd = { ...clip, rate: { num: 12, den: 1 }, timecode: '01:00:00:00' };
    expect(timecodeAt(odd, 0)).toBeUndefined();
    expect(timecodeAt({ ...clip, timecode: 'noon' }, 0)).toBeUndefined();
  });

  it('reads back what it wrote: start and n frames is one place, however it is reached', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(':', ';'),
        fc.integer({ min: 0, max: 500_000 }),
        fc.integer({ min: 0, max: 500_000 }),
        (separator, a, b) => {
          const start = { ...ntsc, timecode: `00:00:00${separator}00` };
          const middle = timecodeAt(start, a);
          const there = timecodeAt({ ...ntsc, timecode: middle }, b);
          expect(there).toBe(timecodeAt(start, a + b));
        },
      ),
      { numRuns: 300 },
    );
  });
});
