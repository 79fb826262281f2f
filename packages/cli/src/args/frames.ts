import { FrameNumber, type FrameRange, type FrameRate, RotoError } from '@roto/sdk/contract';
import { decimalNumber, quoted, wholeNumber } from './numbers.ts';

/** A frame number as text, undefined where it is none. */
export function frameNumber(text: string): number | undefined {
  const value = wholeNumber(text);
  return FrameNumber.safeParse(value).success ? value : undefined;
}

/**
 * Reads a frame number; it may be negative.
 * @throws RotoError `invalid_argument`
 */
export function parseFrame(text: string, flag: string): number {
  const value = frameNumber(text.trim());
  if (value === undefined) {
    throw new RotoError(
      'invalid_argument',
      `Expected a frame number of at most 9 digits such as 1001 for ${flag} but received ${quoted(text)}.`,
      { param: flag },
    );
  }
  return value;
}

/**
 * Reads `1001-1100`, both ends included, or one frame `1001`; ends may be negative: `-10--5`.
 * @throws RotoError `invalid_argument`
 */
export function parseRange(text: string, flag = '--range'): FrameRange {
  const [, from, to] = /^(-?\d+)(?:-(-?\d+))?$/.exec(text.trim()) ?? [];
  const first = from === undefined ? undefined : frameNumber(from);
  const last = to === undefined ? first : frameNumber(to);
  if (first === undefined || last === undefined || first > last) {
    throw new RotoError(
      'invalid_argument',
      `Expected a range of frames such as 1001-1100, first to last, for ${flag} but received ${quoted(text)}.`,
      { param: flag },
    );
  }
  return { first, last };
}

/** Rates that are written in short and mean a fraction over 1001 (SMPTE ST 170, ST 240). */
const fractionOf: Readonly<Record<string, number>> = {
  '23.976': 24_000,
  '23.98': 24_000,
  '29.97': 30_000,
  '47.952': 48_000,
  '47.95': 48_000,
  '59.94': 60_000,
  '119.88': 120_000,
};

/**
 * Reads a frame rate as an exact fraction: `24000/1001`, `25`, `12.5`; the usual short forms 23.976,
 * 29.97 and 59.94 mean n/1001.
 * @throws RotoError `invalid_argument`
 */
export function parseRate(text: string, flag = '--rate'): FrameRate {
  const rate = rateOf(text.trim());
  if (rate === undefined || rate.num <= 0 || rate.den <= 0 || rate.num / rate.den > 1000) {
    throw new RotoError(
      'invalid_argument',
      `Expected a frame rate such as 24, 25 or 24000/1001 for ${flag} but received ${quoted(text)}.`,
      { param: flag },
    );
  }
  return rate;
}

function rateOf(text: string): FrameRate | undefined {
  const [, num, den] = /^(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  if (num !== undefined) {
    const top = wholeNumber(num);
    const bottom = den === undefined ? 1 : wholeNumber(den);
    return top === undefined || bottom === undefined ? undefined : { num: top, den: bottom };
  }
  const known = fractionOf[text];
  if (known !== undefined) return { num: known, den: 1001 };
  if (!/^\d+\.\d{1,3}$/.test(text)) return undefined;
  const value = decimalNumber(text);
  return value === undefined ? undefined : reduced(Math.round(value * 1000), 1000);
}

function reduced(num: number, den: number): FrameRate {
  let [a, b] = [num, den];
  while (b !== 0) [a, b] = [b, a % b];
  return a === 0 ? { num, den } : { num: num / a, den: den / a };
}
