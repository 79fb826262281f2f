import { crc32 } from 'node:zlib';

const signatureLength = 8;
const printableLatin1 = /^[\x20-\x7e\xa1-\xff]*$/;

/** What is added to a finished PNG. */
export interface PngAdditions {
  /** Keyword (1-79 printable ASCII characters) and text of each note. */
  readonly texts: readonly (readonly [string, string])[];
  /** Width over height of one pixel; told in `pHYs` where it is not 1. */
  readonly pixelAspect: { readonly num: number; readonly den: number };
}

/**
 * A copy of a PNG with notes (`tEXt`, or `iTXt` for text beyond Latin-1) after its header. A
 * resolution that the encoder made up is dropped. PNG, third edition, sections 11.3.3 and 11.3.4.3.
 */
export function addPngText(png: Buffer, additions: PngAdditions): Buffer {
  const headerEnd = signatureLength + 12 + png.readUInt32BE(signatureLength);
  const parts = [png.subarray(0, headerEnd)];
  const { num, den } = additions.pixelAspect;
  if (num !== den) parts.push(physicalSize(den, num));
  for (const [keyword, text] of additions.texts) parts.push(textChunk(keyword, text));
  for (let at = headerEnd; at < png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) !== 'pHYs') parts.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** Pixels per unit across and down, of an unknown unit: only their ratio means something. */
function physicalSize(across: number, down: number): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(across, 0);
  data.writeUInt32BE(down, 4);
  return chunk('pHYs', data);
}

function textChunk(keyword: string, text: string): Buffer {
  if (printableLatin1.test(text))
    return chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
  // No compression, no language, no translated keyword.
  const head = Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1');
  return chunk('iTXt', Buffer.concat([head, Buffer.from(text, 'utf8')]));
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}
