import sharp from 'sharp';

/** A matte of 8 bits, rows from the top. */
export interface Matte8 {
  readonly width: number;
  readonly height: number;
  readonly alpha: Uint8Array;
}

/** Reads a matte picture, 8 or 16 bits, as 8 bits. */
export async function readMatte(path: string): Promise<Matte8> {
  const { data, info } = await sharp(path)
    .toColourspace('b-w')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const alpha = new Uint8Array(info.width * info.height);
  for (let at = 0; at < alpha.length; at += 1) alpha[at] = data[at * info.channels] ?? 0;
  return { width: info.width, height: info.height, alpha };
}

/** Path of one frame of a sequence: `####` stands for the number, with at least that many digits. */
export function framePath(pattern: string, frame: number): string {
  return pattern.replace(/#+/, (marks) => String(frame).padStart(marks.length, '0'));
}

/** Intersection over union of two mattes cut at one half; undefined where both are empty. */
export function intersectionOverUnion(a: Uint8Array, b: Uint8Array): number | undefined {
  let both = 0;
  let either = 0;
  for (let at = 0; at < a.length; at += 1) {
    const inA = (a[at] ?? 0) > 127;
    const inB = (b[at] ?? 0) > 127;
    if (inA && inB) both += 1;
    if (inA || inB) either += 1;
  }
  return either === 0 ? undefined : both / either;
}
