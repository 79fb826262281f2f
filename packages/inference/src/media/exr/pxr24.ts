import type { BlockLayout } from './header.ts';

/** Byte planes of a sample, and how far its bits are moved up: floats are cut to 24 bits. */
const kinds = {
  uint: { planes: 4, shift: 0 },
  half: { planes: 2, shift: 0 },
  float: { planes: 3, shift: 8 },
} as const;

/**
 * Undoes what PXR24 does before it deflates: samples become differences along the line, and the
 * bytes of a line's samples lie in planes, the highest first.
 * @param size bytes of the block as samples.
 */
export function undoPxr24(bytes: Buffer, layout: BlockLayout, size: number): Buffer {
  const out = Buffer.alloc(size);
  let [from, to] = [0, 0];
  for (let line = 0; line < layout.height; line++) {
    for (const { type } of layout.channels) {
      const { planes } = kinds[type];
      const values = undoDifferences(bytes, from, layout.width, kinds[type]);
      for (const value of values) {
        to = type === 'half' ? out.writeUInt16LE(value & 0xffff, to) : out.writeInt32LE(value, to);
      }
      from += planes * layout.width;
    }
  }
  if (from !== bytes.length) {
    throw new Error('a block of it is damaged');
  }
  return out;
}

function undoDifferences(
  bytes: Buffer,
  from: number,
  width: number,
  { planes, shift }: (typeof kinds)[keyof typeof kinds],
): Int32Array {
  const values = new Int32Array(width);
  let value = 0;
  for (let x = 0; x < width; x++) {
    let difference = 0;
    for (let plane = 0; plane < planes; plane++) {
      difference = (difference << 8) | (bytes[from + plane * width + x] ?? 0);
    }
    value = (value + (difference << shift)) | 0;
    values[x] = value;
  }
  return values;
}
