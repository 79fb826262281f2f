import type { WeightType } from '../../src/checkpoint/tensor-entry.ts';

/** A tensor as the pickle of a state dict describes it. */
export interface PickledTensor {
  readonly name: string;
  readonly dtype: WeightType;
  readonly shape: readonly number[];
}

const storages = {
  float32: 'FloatStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
} as const;

/** The opcodes of pickle protocol 2 that PyTorch writes, and some that an attacker would. */
export const op = {
  proto: Buffer.from([0x80, 2]),
  stop: Buffer.from('.'),
  mark: Buffer.from('('),
  dict: Buffer.from('}'),
  setItems: Buffer.from('u'),
  setItem: Buffer.from('s'),
  emptyTuple: Buffer.from(')'),
  tuple: Buffer.from('t'),
  reduce: Buffer.from('R'),
  persistent: Buffer.from('Q'),
  build: Buffer.from('b'),
  no: Buffer.from([0x89]),
  int: (value: number) => {
    const bytes = Buffer.alloc(5, 'J');
    bytes.writeInt32LE(value, 1);
    return bytes;
  },
  text: (value: string) => {
    const utf8 = Buffer.from(value);
    const head = Buffer.alloc(5, 'X');
    head.writeUInt32LE(utf8.length, 1);
    return Buffer.concat([head, utf8]);
  },
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  keep: (index: number) => withIndex('r', index),
  recall: (index: number) => withIndex('j', index),
  ints: (values: readonly number[]) =>
    Buffer.concat([op.mark, ...values.map((value) => op.int(value)), op.tuple]),
};

function withIndex(opcode: string, index: number): Buffer {
  const bytes = Buffer.alloc(5, opcode);
  bytes.writeUInt32LE(index, 1);
  return bytes;
}

/** `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`, storage by its key. */
export function pickledTensor(tensor: PickledTensor, key: string): Buffer {
  const { dtype, shape } = tensor;
  const strides = shape.map((_side, at) =>
    shape.slice(at + 1).reduce((product, side) => product * side, 1),
  );
  const count = shape.reduce((product, side) => product * side, 1);
  return Buffer.concat([
    op.global('torch._utils', '_rebuild_tensor_v2'),
    op.mark,
    op.mark,
    op.text('storage'),
    op.global('torch', storages[dtype]),
    op.text(key),
    op.text('cpu'),
    op.int(count),
    op.tuple,
    op.persistent,
    op.int(0),
    op.ints(shape),
    op.ints(strides),
    op.no,
    op.global('collections', 'OrderedDict'),
    op.emptyTuple,
    op.reduce,
    op.tuple,
    op.reduce,
  ]);
}

/** The pickle of `{"model": OrderedDict(name: tensor, ...)}`, storage n under the key `n`. */
export function pickledStateDict(tensors: readonly PickledTensor[]): Buffer {
  return Buffer.concat([
    op.proto,
    op.dict,
    op.text('model'),
    op.global('collections', 'OrderedDict'),
    op.emptyTuple,
    op.reduce,
    op.mark,
    ...tensors.flatMap((tensor, index) => [
      op.text(tensor.name),
      pickledTensor(tensor, `${index}`),
    ]),
    op.setItems,
    op.setItem,
    op.stop,
  ]);
}
