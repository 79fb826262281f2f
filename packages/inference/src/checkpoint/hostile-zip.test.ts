import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readIndexOf } from '../../test/support/read-index.ts';
import { pickledStateDict } from '../../test/support/write-pickle.ts';
import { directoryRow, endRecord, localHeader } from '../../test/support/write-zip.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto zip '));
  path = join(folder, 'it.pt');
});
afterAll(() => rm(folder, { recursive: true }));

const readIndex = () => readIndexOf(path);

describe('a zip', () => {
  const pickle = pickledStateDict([]);
  const fields = {
    name: 'x/data.pkl',
    method: 0,
    crc: crc32(pickle),
    length: pickle.length,
    header: 0,
  };
  const head = localHeader(fields);
  const row = directoryRow(fields);
  const directory = { entries: 1, length: row.length, offset: head.length + pickle.length };
  const joined = (...parts: readonly Buffer[]) => Buffer.concat(parts);
  const whole = joined(head, pickle, row, endRecord(directory));

  test('with a comment is read', async () => {
    const end = endRecord(directory);
    end.writeUInt16LE(5, 20);
    await writeFile(path, joined(head, pickle, row, end, Buffer.from('hello')));
    expect(await readIndex()).toEqual([]);
  });

  /** A zip of the pickle and one more entry, whose directory row may say something else. */
  function withSecond(data: Buffer, change: Partial<typeof fields> = {}): Buffer {
    const at = head.length + pickle.length;
    const second = { name: 'x/data/0', method: 0, crc: 0, length: data.length, header: at };
    const rows = joined(row, directoryRow({ ...second, ...change }));
    const entry = joined(localHeader({ ...second, ...change, header: at }), data);
    const offset = at + entry.length;
    return joined(
      head,
      pickle,
      entry,
      rows,
      endRecord({ entries: 2, length: rows.length, offset }),
    );
  }

  test('of two entries is read', async () => {
    await writeFile(path, withSecond(Buffer.alloc(24)));
    expect(await readIndex()).toEqual([]);
  });

  test('with an entry that lies in another one gives model_corrupt', async () => {
    const inner = { name: 'x/data/0', method: 0, crc: 0, length: 4 };
    const placed = { ...inner, header: head.length + pickle.length };
    const whole = joined(pickle, localHeader(placed), Buffer.alloc(4));
    const outer = { ...fields, length: whole.length, crc: crc32(whole) };
    const rows = joined(directoryRow(outer), directoryRow(placed));
    const offset = head.length + whole.length;
    const end = endRecord({ entries: 2, length: rows.length, offset });
    await writeFile(path, joined(localHeader(outer), whole, rows, end));
    await expect(readIndex()).rejects.toThrow(/overlap/);
  });

  test('with a huge directory is refused before it is read', async () => {
    await writeFile(path, joined(head, pickle));
    await truncate(path, 2 ** 24);
    const end = endRecord({ entries: 1, length: 2 ** 23, offset: 2 ** 23 });
    await writeFile(path, end, { flag: 'a' });
    await expect(readIndex()).rejects.toThrow(/directory says/);
  });

  test('with zip64 records is read', async () => {
    const wideRow = Buffer.concat([row, Buffer.alloc(28)]);
    wideRow.writeUInt32LE(0xff_ff_ff_ff, 20);
    wideRow.writeUInt32LE(0xff_ff_ff_ff, 24);
    wideRow.writeUInt32LE(0xff_ff_ff_ff, 42);
    wideRow.writeUInt16LE(28, 30);
    wideRow.writeUInt16LE(1, row.length);
    wideRow.writeUInt16LE(24, row.length + 2);
    wideRow.writeBigUInt64LE(BigInt(pickle.length), row.length + 4);
    wideRow.writeBigUInt64LE(BigInt(pickle.length), row.length + 12);
    await writeFile(
      path,
      joined(head, pickle, wideRow, wideEnd({ ...directory, length: wideRow.length })),
    );
    expect(await readIndex()).toEqual([]);
  });

  test.each<[string, () => Buffer]>([
    [
      'a zip64 directory that is nowhere',
      () => joined(head, pickle, row, wideEnd(directory, 1n << 62n)),
    ],
    [
      'a zip64 directory of 2^60 bytes',
      () => joined(head, pickle, row, wideEnd({ ...directory, length: 2 ** 60 })),
    ],
    [
      'a zip64 marker alone',
      () => joined(head, pickle, row, endRecord({ ...directory, offset: 0xff_ff_ff_ff })),
    ],
    [
      'more entries than it says',
      () => joined(head, pickle, row, row, endRecord({ ...directory, length: 2 * row.length })),
    ],
    [
      'fewer entries than it says',
      () => joined(head, pickle, row, endRecord({ ...directory, entries: 2 })),
    ],
    [
      'an entry twice',
      () =>
        joined(
          head,
          pickle,
          row,
          row,
          endRecord({ ...directory, entries: 2, length: 2 * row.length }),
        ),
    ],
    [
      'a directory beyond its end',
      () => joined(head, pickle, row, endRecord({ ...directory, offset: 10_000 })),
    ],
    ['an entry that is longer than it', () => patched(directoryRow({ ...fields, length: 10_000 }))],
    [
      'an entry that reaches into the directory',
      () => patched(directoryRow({ ...fields, length: pickle.length + 1 })),
    ],
    ['data that reaches into the directory', () => withSecond(Buffer.alloc(24), { length: 25 })],
    ['two entries of one name', () => withSecond(pickle, { name: fields.name, crc: fields.crc })],
    ['an entry at another place', () => patched(directoryRow({ ...fields, header: 3 }))],
    [
      'an entry of another name there',
      () => patched(directoryRow({ ...fields, name: 'y/data.pkl' })),
    ],
    ['a compressed entry', () => patched(directoryRow({ ...fields, method: 8 }))],
    [
      'an entry whose own header says compressed',
      () => joined(localHeader({ ...fields, method: 8 }), pickle, row, endRecord(directory)),
    ],
    ['an encrypted entry', () => patched(withWord(row, 8, 1))],
    ['an entry of two sizes', () => patched(withWord(row, 20, 7))],
    ['a wrong checksum of the pickle', () => patched(directoryRow({ ...fields, crc: 1 }))],
    ['parts on other disks', () => joined(head, pickle, row, withWord(endRecord(directory), 4, 1))],
    ['no directory', () => whole.subarray(0, -1)],
  ])('with %s gives model_corrupt', async (_what, bytes) => {
    await writeFile(path, bytes());
    await expect(readIndex()).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  function patched(other: Buffer): Buffer {
    return joined(head, pickle, other, endRecord({ ...directory, length: other.length }));
  }

  function withWord(bytes: Buffer, at: number, word: number): Buffer {
    const copy = Buffer.from(bytes);
    copy.writeUInt16LE(word, at);
    return copy;
  }

  /** The zip64 end record, its locator and the plain record that defers to them. */
  function wideEnd(wide: typeof directory, recordAt = BigInt(wide.offset + wide.length)): Buffer {
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06_06_4b_50, 0);
    record.writeBigUInt64LE(BigInt(wide.entries), 32);
    record.writeBigUInt64LE(BigInt(wide.length), 40);
    record.writeBigUInt64LE(BigInt(wide.offset), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07_06_4b_50, 0);
    locator.writeBigUInt64LE(recordAt, 8);
    const end = endRecord({ entries: 0xff_ff, length: 0xff_ff_ff_ff, offset: 0xff_ff_ff_ff });
    return joined(record, locator, end);
  }
});
