import type { FrameRate } from '@roto/sdk/contract';
import { type MovieProbe, positiveFraction, reduce } from './probe.ts';

export interface FrameTiming {
  /** Frames a second: exact where frames are evenly spaced, their mean where they are not. */
  readonly rate: FrameRate;
  readonly isVariable: boolean;
}

const fallback: FrameRate = { num: 24, den: 1 };
const highestRate = 1000;

/**
 * The rate of a movie from its time stamps: the first claimed rate they keep to within a tick
 * (containers round to theirs), else the spacing itself where it is even, else the mean.
 */
export function frameTiming(
  stamps: Float64Array,
  movie: Pick<MovieProbe, 'rates' | 'timeBase'>,
): FrameTiming {
  const claimed = movie.rates.filter(({ num, den }) => num / den <= highestRate);
  const [first = 0, last = 0] = [stamps[0], stamps.at(-1)];
  const steps = stamps.length - 1;
  if (steps < 1 || !(last > first)) {
    return { rate: claimed[0] ?? fallback, isVariable: false };
  }
  const { num, den } = movie.timeBase;
  const even =
    (last - first) % steps === 0 ? reduce(den, num * ((last - first) / steps)) : undefined;
  for (const rate of [...claimed, ...(even === undefined ? [] : [even])]) {
    if (keepsTo(stamps, (rate.den * den) / (rate.num * num))) {
      return { rate, isVariable: false };
    }
  }
  const mean = reduce(steps * den, num * (last - first));
  return { rate: simplest(mean, claimed), isVariable: true };
}

/** Whether every stamp lies within a tick of its place at an even spacing of `ticks`. */
function keepsTo(stamps: Float64Array, ticks: number): boolean {
  const origin = stamps[0] ?? 0;
  return stamps.every(
    (stamp, at) => Math.abs(stamp - origin - at * ticks) <= Math.min(1, ticks / 2),
  );
}

/** The mean as players know it: a claimed rate within a hundredth of it, else thousandths. */
function simplest(mean: FrameRate, claimed: readonly FrameRate[]): FrameRate {
  const value = mean.num / mean.den;
  const near = claimed.find(({ num, den }) => Math.abs(num / den / value - 1) < 0.01);
  return near ?? positiveFraction(`${Math.max(1, Math.round(value * 1000))}/1000`) ?? fallback;
}
