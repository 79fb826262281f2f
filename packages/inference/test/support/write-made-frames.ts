import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { madeFrame, madeHeight, madeWidth } from './made-clip.ts';

/** Writes frames 0 to `count` - 1 of the made clip as PNG files `00000.png` and on. */
export async function writeMadeFrames(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const raw = { width: madeWidth, height: madeHeight, channels: 3 } as const;
  for (let index = 0; index < count; index += 1) {
    const file = join(folder, `${String(index).padStart(5, '0')}.png`);
    await sharp(madeFrame(index), { raw }).png({ compressionLevel: 1 }).toFile(file);
  }
}
