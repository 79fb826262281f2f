/** A picture: rows from the top, 8-bit sRGB, `rgb.length = width * height * 3`. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/**
 * The picture at another, smaller or equal size: every new pixel is the mean of the pixels it covers,
 * partly covered ones by their share.
 */
export function shrinkPicture(picture: Picture, width: number, height: number): Picture {
  if (width === picture.width && height === picture.height) return picture;
  const narrow = shrinkAxis(picture.rgb, shares(picture.width, width), {
    lines: picture.height,
    length: picture.width,
    item: 3,
  });
  const small = shrinkAxis(narrow, shares(picture.height, height), {
    lines: 1,
    length: picture.height,
    item: width * 3,
  });
  return { width, height, rgb: Uint8Array.from(small, (value) => Math.round(value)) };
}

/** How values lie in memory along the axis that is shrunk. */
interface Axis {
  readonly lines: number;
  /** Items in a line. */
  readonly length: number;
  /** Values in an item. */
  readonly item: number;
}

function shrinkAxis(
  source: Uint8Array | Float32Array,
  parts: readonly Share[],
  { lines, length, item }: Axis,
): Float32Array {
  const target = new Float32Array(lines * parts.length * item);
  for (let line = 0; line < lines; line += 1) {
    for (const [part, { from, weights }] of parts.entries()) {
      const to = (line * parts.length + part) * item;
      for (const [index, weight] of weights.entries()) {
        const at = (line * length + from + index) * item;
        for (let i = 0; i < item; i += 1) {
          target[to + i] = (target[to + i] ?? 0) + weight * (source[at + i] ?? 0);
        }
      }
    }
  }
  return target;
}

interface Share {
  readonly from: number;
  readonly weights: readonly number[];
}

/** For each of `to` parts of a side of `from` pixels: the pixels it covers, shares summing to 1. */
function shares(from: number, to: number): Share[] {
  const step = from / to;
  return Array.from({ length: to }, (_, index) => {
    const start = index * step;
    const end = Math.min(from, start + step);
    const first = Math.floor(start);
    const last = Math.min(from, Math.max(first + 1, Math.ceil(end - 1e-9)));
    const covered = Array.from({ length: last - first }, (_unused, i) => {
      const left = Math.max(start, first + i);
      return Math.max(0, Math.min(end, first + i + 1) - left);
    });
    const total = covered.reduce((sum, value) => sum + value, 0);
    return { from: first, weights: covered.map((value) => value / total) };
  });
}

/** The largest size with the picture's aspect inside `maxWidth` x `maxHeight`, never larger than it. */
export function sizeWithin(
  picture: { readonly width: number; readonly height: number },
  maxWidth: number,
  maxHeight: number,
): { width: number; height: number } {
  const scale = Math.min(1, maxWidth / picture.width, maxHeight / picture.height);
  return {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
}
