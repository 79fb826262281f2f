/** Boxes run one after the other; five come within 3 % of the Gaussian's peak, 1 % at an edge. */
const passes = 5;
/** Sigmas up to here are summed directly, in pixels. */
const directBelow = 3;

/**
 * Blurs a picture in place by a Gaussian of standard deviation `sigma` in pixels, held at the
 * borders. Small sigmas are summed directly with the discrete Gaussian, whose variance is right below
 * a pixel too (Lindeberg, "Scale-space for discrete signals", PAMI 1990); larger ones run extended box filters, whose time does
 * not depend on sigma and whose variance is exactly the Gaussian's (Gwosdek et al., "Theoretical
 * foundations of Gaussian convolution by extended box filtering", SSVM 2011).
 */
export function gaussianBlur(values: Float32Array, width: number, sigma: number): void {
  if (sigma <= 0 || values.length === 0) return;
  const kernel = sigma < directBelow ? discreteGaussian(sigma) : undefined;
  const blurLine = kernel === undefined ? extendedBoxes(sigma) : byKernel(kernel);
  const height = Math.floor(values.length / width);
  const reach = Math.ceil(5 * sigma) + passes + 1;
  const size = Math.max(width, height) + 2 * reach;
  const lines = { line: new Float64Array(size), spare: new Float64Array(size), reach };
  for (let y = 0; y < height; y++) blurStride(values, lines, blurLine, y * width, 1, width);
  for (let x = 0; x < width; x++) blurStride(values, lines, blurLine, x, width, height);
}

type BlurLine = (line: Float64Array, spare: Float64Array, length: number) => Float64Array;

interface Lines {
  readonly line: Float64Array;
  readonly spare: Float64Array;
  readonly reach: number;
}

function blurStride(
  values: Float32Array,
  { line, spare, reach }: Lines,
  blurLine: BlurLine,
  start: number,
  step: number,
  count: number,
): void {
  const first = values[start] ?? 0;
  const last = values[start + (count - 1) * step] ?? 0;
  line.fill(first, 0, reach);
  for (let i = 0; i < count; i++) line[reach + i] = values[start + i * step] ?? 0;
  line.fill(last, reach + count, count + 2 * reach);
  const blurred = blurLine(line, spare, count + 2 * reach);
  for (let i = 0; i < count; i++) values[start + i * step] = blurred[reach + i] ?? 0;
}

/** exp(-t) I_n(t) for t = sigma squared, I_n the modified Bessel function by its series. */
function discreteGaussian(sigma: number): Float64Array {
  const t = sigma * sigma;
  const radius = Math.ceil(5 * sigma) + 1;
  const kernel = new Float64Array(radius + 1);
  let lead = Math.exp(-t);
  for (let n = 0; n <= radius; n++) {
    let term = lead;
    let sum = term;
    for (let k = 1; term > 1e-12 * sum; k++) {
      term *= (t * t) / 4 / (k * (k + n));
      sum += term;
    }
    kernel[n] = sum;
    lead *= t / 2 / (n + 1);
  }
  return kernel;
}

function byKernel(kernel: Float64Array): BlurLine {
  const radius = kernel.length - 1;
  return (line, spare, length) => {
    for (let i = radius; i < length - radius; i++) {
      let sum = (line[i] ?? 0) * (kernel[0] ?? 0);
      for (let k = 1; k <= radius; k++) {
        sum += ((line[i - k] ?? 0) + (line[i + k] ?? 0)) * (kernel[k] ?? 0);
      }
      spare[i] = sum;
    }
    return spare;
  };
}

/** Boxes of `2 * radius + 1` whole pixels with a share of one more pixel at each end. */
function extendedBoxes(sigma: number): BlurLine {
  const variance = sigma * sigma;
  const radius = Math.floor(0.5 * Math.sqrt((12 * variance) / passes + 1) - 0.5);
  const size = 2 * radius + 1;
  const share =
    (size * (radius * (radius + 1) - (3 * variance) / passes)) /
    (6 * (variance / passes - (radius + 1) * (radius + 1)));
  const weight = 1 / (size + 2 * share);
  return (line, spare, length) => {
    let from = line;
    let to = spare;
    for (let pass = 0; pass < passes; pass++) {
      boxPass(from, to, length, { radius, share, weight });
      [from, to] = [to, from];
    }
    return from;
  };
}

function boxPass(
  from: Float64Array,
  to: Float64Array,
  length: number,
  box: { readonly radius: number; readonly share: number; readonly weight: number },
): void {
  const { radius, share, weight } = box;
  const first = from[0] ?? 0;
  const last = from[length - 1] ?? 0;
  let sum = (radius + 1) * first;
  for (let k = 1; k <= radius; k++) sum += from[Math.min(k, length - 1)] ?? 0;
  for (let i = 0; i < length; i++) {
    const before = i - radius - 1 < 0 ? first : (from[i - radius - 1] ?? 0);
    const after = i + radius + 1 >= length ? last : (from[i + radius + 1] ?? 0);
    to[i] = weight * (sum + share * (before + after));
    const leaving = i - radius < 0 ? first : (from[i - radius] ?? 0);
    sum += after - leaving;
  }
}
