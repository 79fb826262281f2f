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

/**
 * A clip in which the object leaves the picture and comes back, cut out of a sequence by a window
 * that pans away: real pictures, a truth that is exact. Undefined where no window without the
 * object can be reached, which is so for objects as large as the picture.
 */
export function exitFrom(sequence: Sequence): Sequence | undefined {
  const [first] = sequence.truth;
  const length = parts.reduce((sum, part) => sum + part, 0);
  if (first === undefined || sequence.truth.length < length) {
    return undefined;
  }
  const width = Math.round(first.width * 0.25) * 2;
  const height = Math.round(first.height * 0.375) * 2;
  const places = windowPlaces(first, width, height);
  const start = places.reduce((best, place) =>
    areaIn(first, place.x, place.y, width, height) > areaIn(first, best.x, best.y, width, height)
      ? place
      : best,
  );
  const goneFrames = sequence.truth.slice(parts[0] + parts[1], parts[0] + parts[1] + parts[2]);
  const inGone = (place: { x: number; y: number }) =>
    Math.max(...goneFrames.map((truth) => areaIn(truth, place.x, place.y, width, height)));
  const end = places.find((place) => inGone(place) === 0);
  if (end === undefined) {
    return undefined;
  }
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

function windowPlaces(
  picture: BinaryMask,
  width: number,
  height: number,
): { x: number; y: number }[] {
  const steps = [0, 0.25, 0.5, 0.75, 1];
  return steps.flatMap((down) =>
    steps.map((right) => ({
      x: Math.round(right * (picture.width - width)),
      y: Math.round(down * (picture.height - height)),
    })),
  );
}
