import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readIndexOf } from '../../test/support/read-index.ts';
import { op, pickledTensor } from '../../test/support/write-pickle.ts';
import { writePt } from '../../test/support/write-pt.ts';
import { type WrittenTensor, writeSafetensors } from '../../test/support/write-safetensors.ts';
import {
  directoryRow,
  endRecord,
  localHeader,
  type StoredEntry,
  writeZip,
} from '../../test/support/write-zip.ts';
import { openCheckpoint } from './checkpoint.ts';
import { countValues } from './tensor-entry.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto checkpoint '));
  path = join(folder, 'it.bin');
});
afterAll(() => rm(folder, { recursive: true }));

const tensors: WrittenTensor[] = [
  { name: 'a', dtype: 'float32', shape: [2, 3], bytes: () => Buffer.alloc(24, 1) },
  { name: 'b.weight', dtype: 'float16', shape: [5], bytes: () => Buffer.alloc(10, 2) },
  { name: 'c', dtype: 'bfloat16', shape: [1, 1, 2], bytes: () => Buffer.alloc(4, 3) },
];

const readIndex = () => readIndexOf(path);

/** Whatever a damaged file says, a tensor lies within it and is as large as its shape. */
async function expectCorruptOrSound(size: number): Promise<void> {
  try {
    for (const tensor of await readIndex()) {
      expect(tensor.offset).toBeGreaterThanOrEqual(0);
      expect(tensor.offset + tensor.length).toBeLessThanOrEqual(size);
      expect(tensor.length).toBeGreaterThanOrEqual(countValues(tensor.shape) ?? Number.NaN);
    }
  } catch (error) {
    expect(error).toBeInstanceOf(RotoError);
    expect(error).toMatchObject({ code: 'model_corrupt', param: 'model' });
  }
}

async function wholeFiles(): Promise<Buffer[]> {
  await writeSafetensors(path, tensors);
  const safetensors = await readFile(path);
  await writePt(path, tensors);
  return [safetensors, await readFile(path)];
}

describe.each(['.safetensors', '.pt'])('a damaged %s file', (format) => {
  test('gives model_corrupt or tensors that lie in it, whichever bytes changed', async () => {
    const whole = (await wholeFiles())[format === '.pt' ? 1 : 0] ?? Buffer.alloc(0);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        await writeFile(path, bytes);
        await expectCorruptOrSound(bytes.length);
      }),
      { numRuns: 300 },
    );
  });

  test('gives model_corrupt wherever it is cut', async () => {
    const whole = (await wholeFiles())[format === '.pt' ? 1 : 0] ?? Buffer.alloc(0);
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(path, whole.subarray(0, length));
      await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'model_corrupt' });
    }
  });
});

describe('a .safetensors file', () => {
  const lay = async (header: string, options: { length?: bigint; data?: number } = {}) => {
    const text = Buffer.from(header);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(options.length ?? BigInt(text.length));
    await writeFile(path, Buffer.concat([length, text, Buffer.alloc(options.data ?? 16)]));
  };
  const tensor = (from: number, to: number, shape: unknown = [(to - from) / 4], dtype = 'F32') =>
    JSON.stringify({ dtype, shape, data_offsets: [from, to] });

  test.each([
    ['a header longer than the file', '{}', { length: 1_000n }],
    ['a header of 8 EiB', '{}', { length: 1n << 63n }],
    ['no JSON', '{"a"', {}],
    ['a list for a header', '[]', {}],
    ['bytes that are no text', '{"\ud800":1}', {}],
    ['a tensor that is no object', '{"a":3}', {}],
    ['an unknown kind of number', `{"a":${tensor(0, 8, [2], 'F8')}}`, {}],
    ['a kind named like a method', `{"a":${tensor(0, 8, [2], 'toString')}}`, {}],
    ['no shape', `{"a":${tensor(0, 8, null)}}`, {}],
    ['a side below zero', `{"a":${tensor(0, 8, [-1, -2])}}`, {}],
    ['half a side', `{"a":${tensor(0, 8, [0.5, 4])}}`, {}],
    ['a text for a side', `{"a":${tensor(0, 8, ['2'])}}`, {}],
    ['more values than can be counted', `{"a":${tensor(0, 8, [2 ** 40, 2 ** 40])}}`, {}],
    ['a shape of nine sides', `{"a":${tensor(0, 4, Array(9).fill(1))}}`, {}],
    ['an impossible shape of no values', `{"a":${tensor(0, 0, [2 ** 40, 2 ** 40, 0])}}`, {}],
    ['metadata nested deeper than a tensor is', '{"__metadata__":{"a":[[1]]}}', {}],
    ['a shape that is not its size', `{"a":${tensor(0, 8, [3])}}`, {}],
    ['a tensor beyond the end', `{"a":${tensor(8, 24)}}`, {}],
    ['a tensor before the values', `{"a":${tensor(-8, 0)}}`, {}],
    ['an end before its begin', `{"a":${tensor(8, 0, [-2])}}`, {}],
    ['a place that is no number', '{"a":{"dtype":"F32","shape":[1],"data_offsets":["0","4"]}}', {}],
    ['a tensor named twice', `{"a":${tensor(0, 8)},"a":${tensor(8, 16)}}`, {}],
    ['one named twice, once in disguise', `{"a":${tensor(0, 8)},"\\u0061":${tensor(8, 16)}}`, {}],
    ['tensors that overlap', `{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, {}],
    ['tensors of the same bytes', `{"a":${tensor(0, 8)},"b":${tensor(0, 8)}}`, {}],
    ['a header nested deeper than a tensor is', `{"a":${'['.repeat(100_000)}`, {}],
  ])('with %s gives model_corrupt', async (_what, header, options) => {
    await lay(header, options);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  test('with a huge header is refused before the header is read', async () => {
    await lay('{', { length: 1n << 40n });
    await truncate(path, 2 ** 41);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'model_corrupt' });
    await truncate(path, 0);
  });
});

describe('a .pt file', () => {
  const lay = (pickle: Buffer, data: readonly StoredEntry[] = []) =>
    writeZip(path, [
      { name: 'x/data.pkl', bytes: () => pickle },
      { name: 'x/data/0', bytes: () => Buffer.alloc(24) },
      ...data,
    ]);
  const [a] = tensors;
  const described = a === undefined ? Buffer.alloc(0) : pickledTensor(a, '0');
  const state = (...items: readonly Buffer[]) =>
    Buffer.concat([op.proto, op.dict, op.mark, ...items, op.setItems, op.stop]);
  const replaced = (from: Buffer, to: Buffer) => {
    const at = described.indexOf(from);
    expect(at).toBeGreaterThan(0);
    return Buffer.concat([described.subarray(0, at), to, described.subarray(at + from.length)]);
  };

  test('whose state dict is not below "model" is read as well', async () => {
    await lay(state(op.text('a'), described));
    expect(await readIndex()).toMatchObject([{ name: 'a', shape: [2, 3], length: 24 }]);
  });

  test.each<[string, () => Buffer]>([
    ['a name that is a number', () => state(op.int(3), described)],
    ['an entry that is no tensor', () => state(op.text('a'), op.int(3))],
    ['a tensor named twice', () => state(op.text('a'), described, op.text('a'), described)],
    ['columns before rows', () => state(op.text('a'), replaced(op.ints([3, 1]), op.ints([1, 2])))],
    ['strides of zero', () => state(op.text('a'), replaced(op.ints([3, 1]), op.ints([0, 0])))],
    [
      'strides that are missing',
      () => state(op.text('a'), replaced(op.ints([3, 1]), op.ints([1]))),
    ],
    ['a side below zero', () => state(op.text('a'), replaced(op.ints([2, 3]), op.ints([-2, -3])))],
    [
      'a shape beyond its storage',
      () => state(op.text('a'), replaced(op.ints([2, 3]), op.ints([3, 3]))),
    ],
    [
      'a place beyond its storage',
      () =>
        state(
          op.text('a'),
          replaced(
            Buffer.concat([op.persistent, op.int(0)]),
            Buffer.concat([op.persistent, op.int(1)]),
          ),
        ),
    ],
    [
      'a place before its storage',
      () =>
        state(
          op.text('a'),
          replaced(
            Buffer.concat([op.persistent, op.int(0)]),
            Buffer.concat([op.persistent, op.int(-1)]),
          ),
        ),
    ],
    [
      'a storage that is not there',
      () => state(op.text('a'), replaced(op.text('0'), op.text('1'))),
    ],
    [
      'a storage outside of its folder',
      () => state(op.text('a'), replaced(op.text('0'), op.text('../data.pkl'))),
    ],
    ['a storage of another size', () => state(op.text('a'), replaced(op.int(6), op.int(600)))],
    [
      'a storage that is no storage',
      () => state(op.text('a'), replaced(op.text('storage'), op.text('module'))),
    ],
    [
      'a function for a storage',
      () =>
        state(
          op.text('a'),
          replaced(op.global('torch', 'FloatStorage'), op.global('collections', 'OrderedDict')),
        ),
    ],
    [
      'a function that is not allowed',
      () =>
        state(
          op.text('a'),
          op.global('os', 'system'),
          op.text('id'),
          Buffer.from([0x85]),
          op.reduce,
        ),
    ],
    ['a pickle of nothing', () => Buffer.concat([op.proto, Buffer.from('N'), op.stop])],
    ['a model that is no dict', () => state(op.text('model'), op.int(1))],
  ])('with %s gives model_corrupt', async (_what, pickle) => {
    await lay(pickle());
    await expect(readIndex()).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  test('with numbers of the other byte order gives model_corrupt', async () => {
    await lay(state(op.text('a'), described), [
      { name: 'x/byteorder', bytes: () => Buffer.from('big') },
    ]);
    await expect(readIndex()).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  test('with a huge pickle is refused before it is read', async () => {
    const fields = { name: 'x/data.pkl', method: 0, crc: 0, length: 2 ** 31, header: 0 };
    const head = localHeader(fields);
    const row = directoryRow(fields);
    const offset = head.length + fields.length;
    await writeFile(path, head);
    await truncate(path, offset);
    const end = endRecord({ entries: 1, length: row.length, offset });
    await writeFile(path, Buffer.concat([row, end]), { flag: 'a' });
    await expect(readIndex()).rejects.toMatchObject({ code: 'model_corrupt' });
    await truncate(path, 0);
  });
});
