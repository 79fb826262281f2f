import type { CheckpointFile } from './checkpoint-file.ts';
import { damaged, quoted } from './damage.ts';

/** One stored entry: its bytes lie in the file as they are. */
export interface ZipEntry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  /** CRC-32 of its bytes, as the directory states it. */
  readonly crc: number;
}

interface Directory {
  readonly offset: number;
  readonly length: number;
  readonly entries: number;
}

interface DirectoryRow extends ZipEntry {
  /** Where the entry's own header lies. */
  readonly header: number;
}

const maxEntries = 20_000;
const maxDirectoryBytes = 4 << 20;
const full16 = 0xff_ff;
const full32 = 0xff_ff_ff_ff;

/**
 * The entries of a zip archive whose entries are all stored, not compressed, with where their bytes
 * lie. Only the directory and the entries' headers are read. Zip64 records are understood.
 * Source: PKWARE, APPNOTE.TXT 6.3.10.
 * @throws RotoError `model_corrupt` for anything else, for names that come twice, and for entries
 * that overlap or reach out of the file
 */
export async function readZip(file: CheckpointFile): Promise<ReadonlyMap<string, ZipEntry>> {
  const directory = await findDirectory(file);
  const { entries, length } = directory;
  if (entries > maxEntries || length > maxDirectoryBytes) {
    throw damaged(file.path, `its zip directory says it has ${entries} entries in ${length} bytes`);
  }
  const rows = readRows(await file.read(directory.offset, length), directory, file.path);
  const found = new Map<string, ZipEntry>();
  let end = 0;
  for (const row of rows.toSorted((a, b) => a.header - b.header)) {
    if (row.header < end) throw damaged(file.path, 'entries of its zip overlap');
    const entry = await locate(file, row);
    end = entry.offset + entry.length;
    if (end > directory.offset) throw damaged(file.path, 'an entry of its zip is too long');
    if (found.has(entry.name)) {
      throw damaged(file.path, `its zip has ${quoted(entry.name)} twice`);
    }
    found.set(entry.name, entry);
  }
  return found;
}

const endBytes = 22;
const maxCommentBytes = 0xff_ff;

async function findDirectory(file: CheckpointFile): Promise<Directory> {
  const tailLength = Math.min(file.size, endBytes + maxCommentBytes);
  const tail = await file.read(file.size - tailLength, tailLength);
  let at = tailLength - endBytes;
  while (at >= 0 && !endsAt(tail, at)) at -= 1;
  if (at < 0) throw damaged(file.path, 'it is cut short: a zip without its directory');
  const disks = tail.readUInt32LE(at + 4);
  const plain = {
    entries: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  const recordAt = file.size - tailLength + at;
  const wide =
    plain.entries === full16 || plain.length === full32 || plain.offset === full32
      ? await readWideDirectory(file, recordAt)
      : plain;
  if (disks !== 0 || wide.offset + wide.length > recordAt) {
    throw damaged(file.path, 'its zip directory is not where it says');
  }
  return wide;
}

/** The end record, with a comment that ends where the file ends. */
function endsAt(tail: Buffer, at: number): boolean {
  return (
    tail.readUInt32LE(at) === 0x06_05_4b_50 &&
    at + endBytes + tail.readUInt16LE(at + 20) === tail.length
  );
}

async function readWideDirectory(file: CheckpointFile, endAt: number): Promise<Directory> {
  const wrong = () => damaged(file.path, 'its zip64 directory is not readable');
  if (endAt < 76) throw wrong();
  const locator = await file.read(endAt - 20, 20);
  const recordAt = wholeNumber(locator, 8);
  if (locator.readUInt32LE(0) !== 0x07_06_4b_50 || recordAt === undefined) throw wrong();
  if (!file.holds(recordAt, 56)) throw wrong();
  const record = await file.read(recordAt, 56);
  const entries = wholeNumber(record, 32);
  const length = wholeNumber(record, 40);
  const offset = wholeNumber(record, 48);
  if (record.readUInt32LE(0) !== 0x06_06_4b_50) throw wrong();
  if (entries === undefined || length === undefined || offset === undefined) throw wrong();
  return { entries, length, offset };
}

/** 64 bits as a number, or undefined where it cannot be one exactly. */
function wholeNumber(bytes: Buffer, at: number): number | undefined {
  const value = bytes.readBigUInt64LE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

const rowBytes = 46;

function readRows(bytes: Buffer, directory: Directory, path: string): DirectoryRow[] {
  const rows: DirectoryRow[] = [];
  let at = 0;
  while (at + rowBytes <= bytes.length && rows.length < directory.entries) {
    if (bytes.readUInt32LE(at) !== 0x02_01_4b_50) break;
    const nameEnd = at + rowBytes + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const end = extraEnd + bytes.readUInt16LE(at + 32);
    if (end > bytes.length) break;
    const name = bytes.toString('utf8', at + rowBytes, nameEnd);
    rows.push(
      readRow(bytes.subarray(at, at + rowBytes), {
        name,
        path,
        extra: bytes.subarray(nameEnd, extraEnd),
      }),
    );
    at = end;
  }
  if (rows.length !== directory.entries || at !== bytes.length) {
    throw damaged(path, 'its zip directory is not whole');
  }
  return rows;
}

function readRow(
  row: Buffer,
  { name, path, extra }: { readonly name: string; readonly path: string; readonly extra: Buffer },
): DirectoryRow {
  const wrong = (what: string) => damaged(path, `its zip entry ${quoted(name)} ${what}`);
  if ((row.readUInt16LE(8) & 1) !== 0) throw wrong('is encrypted');
  if (row.readUInt16LE(10) !== 0) throw wrong('is compressed; weights are stored as they are');
  const stored = row.readUInt32LE(20);
  const length = row.readUInt32LE(24);
  const header = row.readUInt32LE(42);
  const wide = readWideFields(extra, [length, stored, header]);
  if (wide === undefined) throw wrong('has an impossible size');
  const [wideLength = 0, wideStored = 0, wideHeader = 0] = wide;
  if (wideLength !== wideStored) throw wrong('says two different sizes');
  return { name, offset: 0, length: wideLength, header: wideHeader, crc: row.readUInt32LE(16) };
}

/** The fields with those that are full replaced, in order, from the zip64 extra field. */
function readWideFields(extra: Buffer, fields: readonly number[]): number[] | undefined {
  if (!fields.includes(full32)) return [...fields];
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) return undefined;
    if (extra.readUInt16LE(at) === 1) return takeWide(extra.subarray(at + 4, end), fields);
    at = end;
  }
  return undefined;
}

function takeWide(bytes: Buffer, fields: readonly number[]): number[] | undefined {
  const out: number[] = [];
  let at = 0;
  for (const field of fields) {
    if (field !== full32) {
      out.push(field);
      continue;
    }
    const value = at + 8 <= bytes.length ? wholeNumber(bytes, at) : undefined;
    if (value === undefined) return undefined;
    out.push(value);
    at += 8;
  }
  return out;
}

const headerBytes = 30;

/** Where the bytes of an entry begin: behind its own header, which must agree with the directory. */
async function locate(file: CheckpointFile, row: DirectoryRow): Promise<ZipEntry> {
  const nameBytes = Buffer.from(row.name, 'utf8');
  const header = await file.read(row.header, headerBytes + nameBytes.length);
  const agrees =
    header.readUInt32LE(0) === 0x04_03_4b_50 &&
    header.readUInt16LE(8) === 0 &&
    header.readUInt16LE(26) === nameBytes.length &&
    header.subarray(headerBytes).equals(nameBytes);
  if (!agrees) {
    throw damaged(file.path, `its zip entry ${quoted(row.name)} is not where it should be`);
  }
  const offset = row.header + header.length + header.readUInt16LE(28);
  const { name, length, crc } = row;
  if (!file.holds(offset, length)) {
    throw damaged(file.path, `its zip entry ${quoted(name)} reaches beyond its end`);
  }
  return { name, offset, length, crc };
}
