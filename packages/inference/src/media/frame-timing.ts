import type { FrameRate } from '@roto/sdk/contract';
import { type MovieProbe, reduce } from './probe.ts';

export interface FrameTiming {
  /** Frames a second: exact where frames are evenly spaced, the usual or mean where they are not. */
  readonly rate: FrameRate;
  readonly isVariable: boolean;
}

const fallback: FrameRate = { num: 24, den: 1 };
const highestRate = 1000;

/**
 * The rate of a movie from its time stamps: the first claimed rate they keep to within a tick
 * (containers round to theirs), else the spacing itself where it is even. Where neither holds the
 * rate is variable: the claimed one if nearly all steps keep to it, else the mean in thousandths.
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
    const ticks = (rate.den * den) / (rate.num * num);
    // An edit list may cut into the first frame, which is then shown for a part of its time.
    if (keepsTo(stamps, ticks) || (steps > 1 && keepsTo(stamps.subarray(1), ticks))) {
      return { rate, isVariable: false };
    }
  }
  const usual = claimed.find((rate) => mostlyKeepsTo(stamps, (rate.den * den) / (rate.num * num)));
  const mean = (steps * den) / (num * (last - first));
  return { rate: usual ?? inThousandths(mean), isVariable: true };
}

/** Whether every stamp lies within a tick of its place at an even spacing of `ticks`. */
function keepsTo(stamps: Float64Array, ticks: number): boolean {
  const origin = stamps[0] ?? 0;
  const tolerance = Math.min(1, ticks / 2) + 1e-6;
  return stamps.every((stamp, at) => Math.abs(stamp - origin - at * ticks) <= tolerance);
}

/** Whether nine steps in ten are `ticks` long: a steady clip with a few frames missing. */
function mostlyKeepsTo(stamps: Float64Array, ticks: number): boolean {
  const tolerance = Math.min(1, ticks / 2) + 1e-6;
  const steady = stamps.subarray(1).filter((stamp, at) => {
    return Math.abs(stamp - (stamps[at] ?? 0) - ticks) <= tolerance;
  });
  return steady.length >= 0.9 * (stamps.length - 1);
}

function inThousandths(rate: number): FrameRate {
  return reduce(Math.max(1, Math.round(rate * 1000)), 1000);
}
