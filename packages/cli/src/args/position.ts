import { RotoError } from '@roto/sdk/contract';
import { frameNumber } from './frames.ts';
import { decimalNumber, quoted } from './numbers.ts';

/** A length along one side of the picture: pixels, or a part of that side. */
export interface Coordinate {
  readonly value: number;
  readonly unit: 'pixel' | 'percent';
}

/** A value that may carry the frame it is on. */
export interface OnFrame<T> {
  readonly value: T;
  /** Undefined: the frame of `--frame`, else the first of the range. */
  readonly frame: number | undefined;
}

/** A place in the picture. */
export interface Position {
  readonly x: Coordinate;
  readonly y: Coordinate;
}

/** Two corners in the order left, top, right, bottom. */
export interface Box {
  readonly x1: Coordinate;
  readonly y1: Coordinate;
  readonly x2: Coordinate;
  readonly y2: Coordinate;
}

/** In pixels, for a side of `size` pixels. */
export function toPixels(coordinate: Coordinate, size: number): number {
  return coordinate.unit === 'pixel' ? coordinate.value : (coordinate.value / 100) * size;
}

/**
 * Reads one or more points: `420,310`, `50%,33.3%`, `420,310@1012`, several parted by spaces.
 * @throws RotoError `invalid_argument`
 */
export function parsePoints(text: string, flag: string): OnFrame<Position>[] {
  const points = text.split(/\s+/).filter((part) => part !== '');
  if (points.length === 0) throw wrongPoint(text, flag);
  return points.map((part) => {
    const { value, frame } = splitFrame(part);
    const [x, y, more] = value.split(',').map(coordinateOf);
    if (x === undefined || y === undefined || more !== undefined || value.split(',').length !== 2) {
      throw wrongPoint(part, flag);
    }
    return { value: { x, y }, frame };
  });
}

/**
 * Reads boxes: `x1,y1,x2,y2`, in pixels or per cent, each may end in `@frame`, several parted by
 * spaces.
 * @throws RotoError `invalid_argument`
 */
export function parseBoxes(text: string, flag = '--box'): OnFrame<Box>[] {
  const boxes = text.split(/\s+/).filter((part) => part !== '');
  if (boxes.length === 0) throw wrongBox(text, flag);
  return boxes.map((part) => {
    const { value, frame } = splitFrame(part);
    const sides = value.split(',');
    const [x1, y1, x2, y2] = sides.map(coordinateOf);
    if (!x1 || !y1 || !x2 || !y2 || sides.length !== 4) throw wrongBox(part, flag);
    if (notBefore(x1, x2) || notBefore(y1, y2)) throw wrongBox(part, flag);
    return { value: { x1, y1, x2, y2 }, frame };
  });
}

/**
 * Reads a path of a mask picture that may end in `@frame`: `m.png`, `m.png@1012`.
 * @throws RotoError `invalid_argument` where no path is left
 */
export function parseMask(text: string, flag = '--mask'): OnFrame<string> {
  const parts = splitFrame(text);
  if (parts.value.trim() === '') {
    throw new RotoError(
      'invalid_argument',
      `Expected the path of a mask picture such as m.png or m.png@1012 for ${flag} but received ${quoted(text)}.`,
      { param: flag },
    );
  }
  return parts;
}

/** Only whole numbers after the last `@` are a frame, so `me@home.png` stays a path. */
function splitFrame(text: string): OnFrame<string> {
  const [, value, digits] = /^([\s\S]*)@(-?\d+)$/.exec(text) ?? [];
  const frame = digits === undefined ? undefined : frameNumber(digits);
  if (value === undefined || frame === undefined) return { value: text, frame: undefined };
  return { value, frame };
}

function coordinateOf(text: string): Coordinate | undefined {
  const percent = text.endsWith('%');
  const value = decimalNumber(percent ? text.slice(0, -1) : text);
  if (value === undefined) return undefined;
  return { value, unit: percent ? 'percent' : 'pixel' };
}

/** Known before the picture's size only where both are in one unit. */
function notBefore(low: Coordinate, high: Coordinate): boolean {
  return low.unit === high.unit && low.value >= high.value;
}

function wrongPoint(text: string, flag: string): RotoError {
  return new RotoError(
    'invalid_argument',
    `Expected points such as 420,310 or 50%,40%@1012 for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}

function wrongBox(text: string, flag: string): RotoError {
  return new RotoError(
    'invalid_argument',
    `Expected a box x1,y1,x2,y2 (left, top, right, bottom) such as 100,80,420,310 for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}
