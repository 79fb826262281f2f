import { open } from 'node:fs/promises';
import { crc32, deflateRawSync } from 'node:zlib';

/** An entry to store; its bytes are made when they are written. */
export interface StoredEntry {
  readonly name: string;
  readonly bytes: () => Uint8Array;
}

/** What lets a test write a zip that lies. */
export interface ZipFields {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly length: number;
  /** Bytes it takes in the zip, where it is compressed. */
  readonly packed?: number;
  /** Where the entry's own header lies. */
  readonly header: number;
}

const alignment = 64;

/**
 * Writes a zip of stored entries as `torch.save` does: values on 64 bytes, the padding in an extra
 * field. One entry is in memory at a time.
 */
export async function writeZip(path: string, entries: Iterable<StoredEntry>): Promise<void> {
  await using file = await open(path, 'w');
  const rows: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const data = bytes();
    const fields = { name, method: 0, crc: crc32(data), length: data.length, header: at };
    const head = localHeader(fields);
    await file.writeFile(head);
    await file.writeFile(data);
    rows.push(directoryRow(fields));
    at += head.length + data.length;
  }
  const directory = Buffer.concat(rows);
  await file.writeFile(directory);
  await file.writeFile(endRecord({ entries: rows.length, length: directory.length, offset: at }));
}

/** A zip of compressed entries, as most programs write one. */
export function packedZip(entries: readonly StoredEntry[]): Buffer {
  const parts: Buffer[] = [];
  const rows: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const data = bytes();
    const packed = deflateRawSync(data);
    const sizes = { length: data.length, packed: packed.length };
    const fields = { name, method: 8, crc: crc32(data), ...sizes, header: at };
    const head = localHeader(fields);
    parts.push(head, packed);
    rows.push(directoryRow(fields));
    at += head.length + packed.length;
  }
  const directory = Buffer.concat(rows);
  const end = endRecord({ entries: rows.length, length: directory.length, offset: at });
  return Buffer.concat([...parts, directory, end]);
}

/** The header before the bytes of an entry, padded so that they are aligned. */
export function localHeader(fields: ZipFields): Buffer {
  const name = Buffer.from(fields.name);
  const plain = fields.header + 30 + name.length + 4;
  const padding = (alignment - (plain % alignment)) % alignment;
  const head = Buffer.alloc(30 + name.length + 4 + padding);
  head.writeUInt32LE(0x04_03_4b_50, 0);
  head.writeUInt16LE(fields.method, 8);
  head.writeUInt32LE(fields.crc, 14);
  head.writeUInt32LE(fields.packed ?? fields.length, 18);
  head.writeUInt32LE(fields.length, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(4 + padding, 28);
  name.copy(head, 30);
  head.write('FB', 30 + name.length, 'latin1');
  head.writeUInt16LE(padding, 32 + name.length);
  return head;
}

/** The row of an entry in the directory. */
export function directoryRow(fields: ZipFields): Buffer {
  const name = Buffer.from(fields.name);
  const row = Buffer.alloc(46 + name.length);
  row.writeUInt32LE(0x02_01_4b_50, 0);
  row.writeUInt16LE(fields.method, 10);
  row.writeUInt32LE(fields.crc, 16);
  row.writeUInt32LE(fields.packed ?? fields.length, 20);
  row.writeUInt32LE(fields.length, 24);
  row.writeUInt16LE(name.length, 28);
  row.writeUInt32LE(fields.header, 42);
  name.copy(row, 46);
  return row;
}

/** The record that ends a zip and says where its directory is. */
export function endRecord(directory: {
  readonly entries: number;
  readonly length: number;
  readonly offset: number;
}): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06_05_4b_50, 0);
  end.writeUInt16LE(directory.entries, 8);
  end.writeUInt16LE(directory.entries, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(directory.offset, 16);
  return end;
}
