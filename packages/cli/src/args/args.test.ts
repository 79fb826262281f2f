import { RotoError } from '@roto/sdk/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChoice, parseColor, parseDevice, parseFormats, parseObjectName } from './choices.ts';
import { parseFrame, parseRange, parseRate } from './frames.ts';
import { parseNumber } from './numbers.ts';
import { parseBoxes, parseMask, parsePoints, toPixels } from './position.ts';

const finite = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
  .map((value) => value + 0);
const frame = fc.integer({ min: -1_000_000, max: 10_000_000 });

/** The refusal of `read`, which must be one of ours. */
function refusal(read: () => unknown): RotoError {
  try {
    read();
  } catch (error) {
    if (error instanceof RotoError) return error;
    throw error;
  }
  throw new Error('Expected the parser to refuse');
}

/** Any text is either read or refused with one sentence that names the flag. */
function answersEverything(read: (text: string) => unknown, flag: string) {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0159,.@-+%/e# naNI') })),
      (text) => {
        try {
          read(text);
        } catch (error) {
          if (!(error instanceof RotoError)) throw error;
          expect(error.kind).toBe('usage');
          expect(error.param).toBe(flag);
          expect(error.message).toContain(flag);
        }
      },
    ),
  );
}

describe('points', () => {
  it('reads every finite point back, in pixels and per cent, with and without a frame', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(finite, finite, fc.boolean(), fc.option(frame)), {
          minLength: 1,
          maxLength: 5,
        }),
        (points) => {
          const text = points
            .map(([x, y, percent, on]) => {
              const unit = percent ? '%' : '';
              return `${x}${unit},${y}${unit}${on === null ? '' : `@${on}`}`;
            })
            .join(' ');
          expect(parsePoints(text, '--points')).toEqual(
            points.map(([x, y, percent, on]) => {
              const unit = percent ? 'percent' : 'pixel';
              return {
                value: { x: { value: x, unit }, y: { value: y, unit } },
                frame: on === null ? undefined : on,
              };
            }),
          );
        },
      ),
    );
  });

  it('reads one point in pixels and one in per cent on another frame', () => {
    expect(parsePoints('420,310  50%,33.3%@1012', '--points')).toEqual([
      {
        value: { x: { value: 420, unit: 'pixel' }, y: { value: 310, unit: 'pixel' } },
        frame: undefined,
      },
      {
        value: { x: { value: 50, unit: 'percent' }, y: { value: 33.3, unit: 'percent' } },
        frame: 1012,
      },
    ]);
  });

  it.each([
    '',
    ' ',
    '420',
    '420,',
    ',310',
    '420,310,1',
    'NaN,1',
    'Infinity,1',
    '1e999,1',
    '0x10,1',
    '420;310',
    '420, 310',
    '420,310@',
    '420,310@1.5',
    '420,310@x',
    '420,310@99999999999999999999',
    '420%%,1',
    'a,b',
  ])('refuses %j', (text) => {
    const error = refusal(() => parsePoints(text, '--negative'));
    expect(error.code).toBe('invalid_argument');
    expect(error.param).toBe('--negative');
  });

  it('answers any text with points or one sentence', () => {
    answersEverything((text) => parsePoints(text, '--points'), '--points');
  });

  it('measures per cent along the side of the picture', () => {
    expect(toPixels({ value: 50, unit: 'percent' }, 1920)).toBe(960);
    expect(toPixels({ value: 50, unit: 'pixel' }, 1920)).toBe(50);
  });
});

describe('boxes', () => {
  it('reads corners and the frame', () => {
    const [box] = parseBoxes('10,20,30.5,40@1001');
    expect(box?.frame).toBe(1001);
    expect(Object.values(box?.value ?? {}).map(({ value }) => value)).toEqual([10, 20, 30.5, 40]);
  });

  it.each(['1,2,3', '1,2,3,4,5', '3,2,1,4', '1,4,3,4', 'NaN,0,1,1', '0,0,Infinity,1', ''])(
    'refuses %j',
    (text) => {
      expect(refusal(() => parseBoxes(text)).param).toBe('--box');
    },
  );

  it('answers any text with boxes or one sentence', () => {
    answersEverything((text) => parseBoxes(text), '--box');
  });
});

describe('masks', () => {
  it.each([
    ['m.png', 'm.png', undefined],
    ['m.png@1012', 'm.png', 1012],
    ['me@home.png', 'me@home.png', undefined],
    ['a b/"m"\n.png@-3', 'a b/"m"\n.png', -3],
    ['m@2@3', 'm@2', 3],
  ])('reads %j as a path and a frame', (text, value, on) => {
    expect(parseMask(text)).toEqual({ value, frame: on });
  });

  it('refuses a frame without a path', () => {
    expect(refusal(() => parseMask('@1012')).param).toBe('--mask');
  });
});

describe('frames, ranges and rates', () => {
  it('reads every range back', () => {
    fc.assert(
      fc.property(frame, fc.nat({ max: 100_000 }), (first, length) => {
        const last = first + length;
        expect(parseRange(`${first}-${last}`)).toEqual({ first, last });
        expect(parseRange(`${first}`)).toEqual({ first, last: first });
      }),
    );
  });

  it.each(['1100-1001', '1001-', '-', '1001-1100x2', '1.5-2', '1001..1100', '', 'NaN'])(
    'refuses the range %j',
    (text) => {
      expect(refusal(() => parseRange(text)).param).toBe('--range');
    },
  );

  it.each([
    ['24', 24, 1],
    ['24000/1001', 24_000, 1001],
    ['23.976', 24_000, 1001],
    ['29.97', 30_000, 1001],
    ['12.5', 25, 2],
    ['59.940', 2997, 50],
  ])('reads the rate %s exactly', (text, num, den) => {
    expect(parseRate(text)).toEqual({ num, den });
  });

  it.each([
    '0',
    '24/0',
    '0/1',
    '-24',
    'NaN',
    'Infinity',
    '1e3',
    '24fps',
    '24/1/1',
    '9999999',
    '0.0',
  ])('refuses the rate %j', (text) => {
    expect(refusal(() => parseRate(text)).param).toBe('--rate');
  });

  it('answers any text with a frame, a range or a rate, or one sentence', () => {
    answersEverything((text) => parseFrame(text, '--frame'), '--frame');
    answersEverything((text) => parseRange(text), '--range');
    answersEverything((text) => parseRate(text), '--rate');
  });
});

describe('numbers and words', () => {
  it.each(['NaN', 'Infinity', '-Infinity', '', ' ', '1,5', '0x1', '101', '-101', '1e400'])(
    'refuses %j as a number from -100 to 100',
    (text) => {
      const error = refusal(() => parseNumber(text, { flag: '--choke', min: -100, max: 100 }));
      expect(error.message).toContain('from -100 to 100 for --choke');
    },
  );

  it('refuses half a pixel where whole ones are counted', () => {
    const limits = { flag: '--despeckle', min: 0, max: 100, kind: 'whole number' } as const;
    expect(refusal(() => parseNumber('1.5', limits)).message).toContain('whole number');
    expect(parseNumber('15', limits)).toBe(15);
  });

  it('names the closed list of formats for an unknown one', () => {
    const error = refusal(() => parseFormats('png16,gif'));
    expect(error.code).toBe('unknown_format');
    expect(error.message).toBe(
      'Expected output formats out of png8, png16, tiff16, rgba, luma, prores4444, webm, greenscreen, rle, logits for --format but received "gif".',
    );
    expect(parseFormats('png16, prores4444 png16')).toEqual(['png16', 'prores4444']);
    answersEverything((text) => parseFormats(text), '--format');
  });

  it.each([
    ['#00B140', '#00b140'],
    ['0f0', '#00ff00'],
  ])('reads the colour %s', (text, color) => {
    expect(parseColor(text)).toBe(color);
  });

  it('refuses other words', () => {
    expect(refusal(() => parseColor('green')).param).toBe('--color');
    expect(refusal(() => parseDevice('gpu')).param).toBe('--device');
    expect(refusal(() => parseDevice('cuda:')).param).toBe('--device');
    expect(refusal(() => parseObjectName('../hero')).param).toBe('--object');
    expect(refusal(() => parseChoice('fast', ['draft', 'normal'], '--quality')).message).toBe(
      'Expected one of draft, normal for --quality but received "fast".',
    );
  });
});
