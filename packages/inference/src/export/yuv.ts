import type { DeepFrame } from '../media/clip.ts';

/** How R'G'B' becomes Y'CbCr: the luma weights of red and blue, and the range of the codes. */
export interface YuvCoding {
  readonly kr: number;
  readonly kb: number;
  readonly range: 'full' | 'limited';
}

/** Code values of one bit depth: `y = yOffset + yScale * Y'`, Y' 0..1, and so for chroma. */
interface Codes {
  readonly yOffset: number;
  readonly yScale: number;
  readonly cOffset: number;
  readonly cScale: number;
  readonly max: number;
}

/** Quantisation of ITU-R BT.709-6 section 4 (limited) and of JFIF (full), at 8 to 16 bits. */
function codesOf(range: YuvCoding['range'], bits: number): Codes {
  const unit = 2 ** (bits - 8);
  const max = 2 ** bits - 1;
  return range === 'limited'
    ? { yOffset: 16 * unit, yScale: 219 * unit, cOffset: 128 * unit, cScale: 224 * unit, max }
    : { yOffset: 0, yScale: max, cOffset: 128 * unit, cScale: max, max };
}

/** Y'CbCr of a whole picture at one sample a pixel: planes one after the other, 10 bits. */
export function packYuv444p10(frame: DeepFrame, coding: YuvCoding, out: Uint16Array): void {
  const size = frame.width * frame.height;
  const { yOffset, yScale, cOffset, cScale } = codesOf(coding.range, 10);
  const { red, green, blue, toCb, toCr } = weightsOf(coding);
  const { rgb } = frame;
  for (let i = 0; i < size; i++) {
    const r = rgb[3 * i] ?? 0;
    const b = rgb[3 * i + 2] ?? 0;
    const y = red * r + green * (rgb[3 * i + 1] ?? 0) + blue * b;
    // Adding a half and storing an integer rounds; codes cannot be negative here.
    out[i] = yOffset + yScale * y + 0.5;
    out[size + i] = cOffset + cScale * toCb * (b * unit16 - y) + 0.5;
    out[2 * size + i] = cOffset + cScale * toCr * (r * unit16 - y) + 0.5;
  }
}

/** Size of the coded picture of a 4:2:0 movie, which may be a pixel larger than the picture. */
export interface CodedSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Y'CbCr with a quarter of the chroma samples, 8 bits: a plane of Y', then Cb and Cr of half the
 * width and height, rounded up. Chroma sits on the left luma column and between two rows, as H.264
 * and VP9 have it unless they say otherwise. Edge pixels are repeated up to the coded size.
 */
export function packYuv420p8(
  frame: DeepFrame,
  coding: YuvCoding,
  coded: CodedSize,
  out: Uint8Array,
): void {
  const { yOffset, yScale, cOffset, cScale, max } = codesOf(coding.range, 8);
  const chromaWidth = (coded.width + 1) >> 1;
  const chromaHeight = (coded.height + 1) >> 1;
  const lumaSize = coded.width * coded.height;
  const chromaSize = chromaWidth * chromaHeight;
  const lines = new RowPair(frame, coding, coded);
  for (let cy = 0; cy < chromaHeight; cy++) {
    lines.read(2 * cy);
    for (let row = 0; row < 2 && 2 * cy + row < coded.height; row++) {
      const at = (2 * cy + row) * coded.width;
      for (let x = 0; x < coded.width; x++) {
        out[at + x] = yOffset + yScale * (lines.y[row * coded.width + x] ?? 0) + 0.5;
      }
    }
    for (let cx = 0; cx < chromaWidth; cx++) {
      const at = lumaSize + cy * chromaWidth + cx;
      // In the full range a saturated blue or red reaches half a code past the last.
      out[at] = Math.min(max, cOffset + cScale * sited(lines.cb, cx, coded.width) + 0.5);
      out[at + chromaSize] = Math.min(
        max,
        cOffset + cScale * sited(lines.cr, cx, coded.width) + 0.5,
      );
    }
  }
}

/** Y'CbCr of two rows of a picture, repeated at the right and the bottom up to the coded size. */
class RowPair {
  readonly #frame: DeepFrame;
  readonly #coded: CodedSize;
  readonly #weights: ReturnType<typeof weightsOf>;
  /** Y' of both rows, 0..1, one after the other. */
  readonly y: Float64Array;
  /** Mean Cb and Cr of both rows, -0.5..0.5. */
  readonly cb: Float64Array;
  readonly cr: Float64Array;

  constructor(frame: DeepFrame, coding: YuvCoding, coded: CodedSize) {
    this.#frame = frame;
    this.#coded = coded;
    this.#weights = weightsOf(coding);
    this.y = new Float64Array(2 * coded.width);
    this.cb = new Float64Array(coded.width);
    this.cr = new Float64Array(coded.width);
  }

  read(top: number): void {
    const { width, height, rgb } = this.#frame;
    const { red, green, blue, toCb, toCr } = this.#weights;
    this.cb.fill(0);
    this.cr.fill(0);
    for (let row = 0; row < 2; row++) {
      const start = Math.min(top + row, height - 1) * width;
      for (let x = 0; x < this.#coded.width; x++) {
        const i = 3 * (start + Math.min(x, width - 1));
        const r = rgb[i] ?? 0;
        const b = rgb[i + 2] ?? 0;
        const y = red * r + green * (rgb[i + 1] ?? 0) + blue * b;
        this.y[row * this.#coded.width + x] = y;
        this.cb[x] = (this.cb[x] ?? 0) + 0.5 * toCb * (b * unit16 - y);
        this.cr[x] = (this.cr[x] ?? 0) + 0.5 * toCr * (r * unit16 - y);
      }
    }
  }
}

/** A row filtered 1-2-1 around the even column `2 * x`. */
function sited(row: Float64Array, x: number, width: number): number {
  const left = row[Math.max(0, 2 * x - 1)] ?? 0;
  const right = row[Math.min(width - 1, 2 * x + 1)] ?? 0;
  return 0.25 * (left + 2 * (row[2 * x] ?? 0) + right);
}

const unit16 = 1 / 65535;

/** Weights that take 16-bit R'G'B' to Y' of 0..1, and differences of 0..1 to Cb and Cr. */
function weightsOf({ kr, kb }: YuvCoding) {
  return {
    red: kr * unit16,
    green: (1 - kr - kb) * unit16,
    blue: kb * unit16,
    toCb: 0.5 / (1 - kb),
    toCr: 0.5 / (1 - kr),
  };
}
