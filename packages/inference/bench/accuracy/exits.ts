import type { BinaryMask } from './measures.ts';
import type { Sequence } from './sequences.ts';

/** Frames of each part of a made exit: still, leaving, away, coming back, still. */
const parts = [6, 8, 8, 8, 6] as const;

/** Share of the way out at a frame, 0..1. */
function away(frame: number): number {
  const [still, leaving, gone, back] = parts;
  const t = frame - still;
  if (t < leaving) {
    return Math.max(0, (t + 1) / leaving);
  }
  return t < leaving + gone ? 1 : Math.max(0, 1 - (t - leaving - gone + 1) / back);
}

function areaIn(truth: BinaryMask, x: number, y: number, width: number, height: number): number {
  let area = 0;
  for (let row = y; row < y + height; row++) {
    for (let at = row * truth.width + x; at < row * truth.width + x + width; at++) {
      area += truth.data[at] ?? 0;
    }
  }
  return area;
}

function cut(
  data: Uint8Array,
  stride: number,
  window: { x: number; y: number; width: number; height: number },
  channels: number,
): Uint8Array<ArrayBuffer> {
  const { x, y, width, height } = window;
  const out = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * stride + x) * channels;
    out.set(data.subarray(start, start + width * channels), row * width * channels);
  }
  return out;
}

/** Sizes of the window as shares of the picture, the largest first. */
const windowSizes = [
  { across: 0.5, down: 0.75 },
  { across: 0.4, down: 0.6 },
  { across: 0.34, down: 0.5 },
] as const;

interface Pan {
  readonly width: number;
  readonly height: number;
  readonly start: Place;
  readonly end: Place;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** A window that holds the whole object at first, and none of it while it is away. */
function findPan(truth: readonly BinaryMask[], first: BinaryMask): Pan | undefined {
  const [still, leaving, gone] = parts;
  const goneFrames = truth.slice(still + leaving - 1, still + leaving + gone);
  const whole = areaIn(first, 0, 0, first.width, first.height);
  for (const { across, down } of windowSizes) {
    const width = Math.round((first.width * across) / 2) * 2;
    const height = Math.round((first.height * down) / 2) * 2;
    const places = windowPlaces(first, width, height);
    const start = places.find(({ x, y }) => areaIn(first, x, y, width, height) > 0.98 * whole);
    const end = places.find(({ x, y }) =>
      goneFrames.every((mask) => areaIn(mask, x, y, width, height) === 0),
    );
    if (start !== undefined && end !== undefined) {
      return { width, height, start, end };
    }
  }
  return undefined;
}

/**
 * A clip in which the object leaves the picture and comes back, cut out of a sequence by a window
 * that pans away: real pictures, a truth that is exact. Undefined where no window without the
 * object can be reached, which is so for objects as large as the picture.
 */
export function exitFrom(sequence: Sequence): Sequence | undefined {
  const [first] = sequence.truth;
  const length = parts.reduce((sum, part) => sum + part, 0);
  const pan = first && findPan(sequence.truth, first);
  if (first === undefined || pan === undefined || sequence.truth.length < length) {
    return undefined;
  }
  const { width, height, start, end } = pan;
  const windows = Array.from({ length }, (_, i) => ({
    x: Math.round(start.x + away(i) * (end.x - start.x)),
    y: Math.round(start.y + away(i) * (end.y - start.y)),
    width,
    height,
  }));
  const truth = windows.map((window, i) => {
    const whole = sequence.truth[i] ?? first;
    return { width, height, data: cut(whole.data, whole.width, window, 1) };
  });
  const frames = windows.map((window, number) => {
    const rgb = sequence.frames[number]?.rgb ?? new Uint8Array();
    return { number, width, height, rgb: cut(rgb, first.width, window, 3) };
  });
  const [shown] = truth;
  const mask = { width, height, data: (shown ?? first).data.map((value) => value * 255) };
  return { name: `${sequence.name} (exit)`, frames, truth, prompt: () => ({ points: [], mask }) };
}

function windowPlaces(picture: BinaryMask, width: number, height: number): Place[] {
  const steps = [0, 0.2, 0.4, 0.6, 0.8, 1];
  return steps.flatMap((down) =>
    steps.map((right) => ({
      x: Math.round(right * (picture.width - width)),
      y: Math.round(down * (picture.height - height)),
    })),
  );
}
