/** A picture of interleaved 8-bit RGB, rows from the top. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/**
 * A picture stretched to `side` x `side` pixels: the square that SAM 2 sees. Bicubic with the
 * kernel widened where it shrinks, in two passes of 22-bit fixed point with 8 bits between them, so
 * that every sample equals that of the Python library Pillow, with which the published predictor
 * reads frames.
 */
export function squarePicture(picture: RgbPicture, side: number): Uint8Array {
  return verticalFirst(picture, side)
    ? resizeRows(resizeColumns(picture, side), side).rgb
    : resizeColumns(resizeRows(picture, side), side).rgb;
}

/** The order of the two passes is seen in the last bit; this is that of Pillow 13. */
function verticalFirst({ width, height }: RgbPicture, side: number): boolean {
  return height > side && height - side > 2 * (width - side);
}

const fractionBits = 22;
const half = 1 << (fractionBits - 1);

/** The weights of one output sample's inputs are `weights[index * taps + k]` of input `first + k`. */
interface Kernel {
  readonly taps: number;
  readonly first: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
}

const kernels = new Map<string, Kernel>();

/** Frames of a clip have one size: the kernels of the last few sizes are kept. */
function kernelOf(input: number, output: number): Kernel {
  const key = `${input}:${output}`;
  const known = kernels.get(key);
  if (known !== undefined) return known;
  if (kernels.size >= 8) kernels.clear();
  const kernel = makeKernel(input, output);
  kernels.set(key, kernel);
  return kernel;
}

function makeKernel(input: number, output: number): Kernel {
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(output);
  const counts = new Int32Array(output);
  const weights = new Int32Array(output * taps);
  for (let index = 0; index < output; index += 1) {
    const center = (index + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(input, Math.trunc(center + support + 0.5));
    const exact: number[] = [];
    for (let at = from; at < to; at += 1) exact.push(bicubic((at - center + 0.5) * (1 / stretch)));
    const sum = exact.reduce((total, weight) => total + weight, 0);
    first[index] = from;
    counts[index] = to - from;
    exact.forEach((weight, k) => {
      weights[index * taps + k] = toFixedPoint(sum === 0 ? weight : weight / sum);
    });
  }
  return { taps, first, counts, weights };
}

function toFixedPoint(weight: number): number {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << fractionBits));
}

/** Keys' cubic convolution with a = -1/2. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** A sum of weights times samples as a sample; it fits in 31 bits by the choice of the fraction. */
function toSample(sum: number): number {
  return Math.min(255, Math.max(0, sum >> fractionBits));
}

function resizeRows(picture: RgbPicture, side: number): RgbPicture {
  const { width, height, rgb } = picture;
  if (width === side) return picture;
  const { taps, first, counts, weights } = kernelOf(width, side);
  const out = new Uint8Array(3 * side * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < side; x += 1) {
      let at = 3 * (y * width + (first[x] ?? 0));
      const from = x * taps;
      const to = from + (counts[x] ?? 0);
      let red = half;
      let green = half;
      let blue = half;
      for (let k = from; k < to; k += 1, at += 3) {
        const weight = weights[k] ?? 0;
        red += weight * (rgb[at] ?? 0);
        green += weight * (rgb[at + 1] ?? 0);
        blue += weight * (rgb[at + 2] ?? 0);
      }
      const pixel = 3 * (y * side + x);
      out[pixel] = toSample(red);
      out[pixel + 1] = toSample(green);
      out[pixel + 2] = toSample(blue);
    }
  }
  return { width: side, height, rgb: out };
}

function resizeColumns(picture: RgbPicture, side: number): RgbPicture {
  const { width, height, rgb } = picture;
  if (height === side) return picture;
  const { taps, first, counts, weights } = kernelOf(height, side);
  const rowLength = 3 * width;
  const out = new Uint8Array(rowLength * side);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < side; y += 1) {
    sums.fill(half);
    for (let k = 0; k < (counts[y] ?? 0); k += 1) {
      const weight = weights[y * taps + k] ?? 0;
      const from = ((first[y] ?? 0) + k) * rowLength;
      for (let i = 0; i < rowLength; i += 1) {
        sums[i] = (sums[i] ?? 0) + weight * (rgb[from + i] ?? 0);
      }
    }
    for (let i = 0; i < rowLength; i += 1) out[y * rowLength + i] = toSample(sums[i] ?? 0);
  }
  return { width, height: side, rgb: out };
}
