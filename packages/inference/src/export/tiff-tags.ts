const entryLength = 12;
const ascii = 2;
const short = 3;
const rational = 5;
const resolutionUnit = 296;

/** What is added to a finished TIFF. */
export interface TiffAdditions {
  /** Tag 270, what the picture is. */
  readonly description: string;
  /** Tag 305, what wrote it. */
  readonly software: string;
  /** Width over height of one pixel, told by the resolutions across and down. */
  readonly pixelAspect: { readonly num: number; readonly den: number };
}

/**
 * A copy of a little-endian single-picture TIFF with description, software and pixel aspect: the
 * pixels stay where they are, and a new directory at the end replaces the old. TIFF 6.0, section 2.
 */
export function addTiffTags(tiff: Buffer, additions: TiffAdditions): Buffer {
  if (tiff.toString('latin1', 0, 4) !== 'II*\0') {
    throw new TypeError('Expected a little-endian TIFF from the encoder');
  }
  const entries = readEntries(tiff);
  const extra: Buffer[] = [];
  // Values and the directory must begin on a word.
  let end = tiff.length + (tiff.length % 2);
  if (end > tiff.length) extra.push(Buffer.alloc(1));
  const put = (tag: number, type: number, count: number, value: Buffer) => {
    entries.set(tag, entry({ tag, type, count, value: end }));
    const padded = Buffer.alloc(value.length + (value.length % 2));
    value.copy(padded);
    extra.push(padded);
    end += padded.length;
  };
  for (const [tag, text] of [
    [270, additions.description],
    [305, additions.software],
  ] as const) {
    const value = Buffer.from(`${text}\0`, 'utf8');
    put(tag, ascii, value.length, value);
  }
  put(282, rational, 1, fraction(additions.pixelAspect.den));
  put(283, rational, 1, fraction(additions.pixelAspect.num));
  // No unit: only the ratio of the two resolutions means something.
  entries.set(resolutionUnit, entry({ tag: resolutionUnit, type: short, count: 1, value: 1 }));

  const sorted = [...entries].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const count = Buffer.alloc(2);
  count.writeUInt16LE(sorted.length);
  const out = Buffer.concat([tiff, ...extra, count, ...sorted, Buffer.alloc(4)]);
  out.writeUInt32LE(end, 4);
  return out;
}

function readEntries(tiff: Buffer): Map<number, Buffer> {
  const at = tiff.readUInt32LE(4);
  const entries = new Map<number, Buffer>();
  for (let i = 0; i < tiff.readUInt16LE(at); i++) {
    const bytes = tiff.subarray(at + 2 + i * entryLength, at + 2 + (i + 1) * entryLength);
    entries.set(bytes.readUInt16LE(0), bytes);
  }
  return entries;
}

/** A directory entry; a short sits at the low end of the value field, as little-endian has it. */
function entry(of: { tag: number; type: number; count: number; value: number }): Buffer {
  const bytes = Buffer.alloc(entryLength);
  bytes.writeUInt16LE(of.tag, 0);
  bytes.writeUInt16LE(of.type, 2);
  bytes.writeUInt32LE(of.count, 4);
  bytes.writeUInt32LE(of.value, 8);
  return bytes;
}

function fraction(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32LE(1, 4);
  return bytes;
}
