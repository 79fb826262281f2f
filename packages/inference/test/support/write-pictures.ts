import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Pictures of interleaved 8-bit RGB. */
export interface Pictures {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Uint8Array[];
}

/** Writes a sequence `<first + index, five digits>.png` into a folder, which is made. */
export async function writePictureSequence(
  folder: string,
  { width, height, frames }: Pictures,
  first = 0,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [index, rgb] of frames.entries()) {
    const name = `${String(first + index).padStart(5, '0')}.png`;
    await sharp(rgb, { raw: { width, height, channels: 3 } }).toFile(join(folder, name));
  }
}
