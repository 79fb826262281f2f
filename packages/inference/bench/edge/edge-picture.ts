import sharp, { type OverlayOptions } from 'sharp';
import type { PixelBox } from '../../src/matte/pixel-box.ts';
import type { Frame } from '../../src/media/clip.ts';

const zoom = 4;
const gap = 8;

/** Writes a part of a plate and of its mattes side by side, every pixel 4x4. */
export async function writeEdgePicture(
  path: string,
  plate: Frame,
  mattes: readonly Float32Array[],
  part: PixelBox,
): Promise<void> {
  const width = part.right - part.left;
  const height = part.bottom - part.top;
  const tiles = [
    (i: number, channel: number) => plate.rgb[3 * i + channel] ?? 0,
    ...mattes.map((matte) => (i: number) => 255 * (matte[i] ?? 0)),
  ];
  const layers: OverlayOptions[] = [];
  for (const [index, value] of tiles.entries()) {
    const rgb = Buffer.alloc(3 * width * height);
    for (let k = 0; k < rgb.length; k++) {
      const pixel = Math.floor(k / 3);
      const y = part.top + Math.floor(pixel / width);
      rgb[k] = value(y * plate.width + part.left + (pixel % width), k % 3);
    }
    const input = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .resize(zoom * width, zoom * height, { kernel: 'nearest' })
      .png()
      .toBuffer();
    layers.push({ input, left: index * (zoom * width + gap), top: 0 });
  }
  const across = tiles.length * (zoom * width + gap) - gap;
  await sharp({
    create: { width: across, height: zoom * height, channels: 3, background: '#ff00ff' },
  })
    .composite(layers)
    .png()
    .toFile(path);
}
