import fc from 'fast-check';
import { expect, test } from 'vitest';
import { op } from '../../test/support/write-pickle.ts';
import { isDict, PickleError, readPickle } from './pickle.ts';

const allowed = new Set(['collections.OrderedDict', 'torch._utils._rebuild_tensor_v2']);

function read(...opcodes: readonly (Buffer | string)[]): unknown {
  const body = opcodes.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
  );
  return readPickle(Buffer.concat([op.proto, ...body, op.stop]), allowed);
}

test('numbers, texts, truths and containers are read as they were written', () => {
  const value = read(
    ']',
    op.mark,
    op.int(-7),
    'K\x05',
    'M\x34\x12',
    Buffer.from([0x8a, 6, 0, 0, 0, 0, 0, 1]),
    Buffer.from([0x8a, 1, 0xff]),
    Buffer.from([0x8a, 0]),
    Buffer.from([0x47, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]),
    op.text('é\n'),
    'N',
    Buffer.from([0x88, 0x89]),
    op.ints([1, 2]),
    'e',
  );
  expect(value).toEqual({
    kind: 'list',
    items: [
      -7,
      5,
      0x1234,
      2 ** 40,
      -1,
      0,
      0.5,
      'é\n',
      null,
      true,
      false,
      { kind: 'tuple', items: [1, 2] },
    ],
  });
});

test('what is kept can be recalled, by short and by long numbers', () => {
  const value = read(op.text('a'), 'q\x07', 'h\x07', op.keep(70_000), op.recall(70_000), '\x87');
  expect(value).toEqual({ kind: 'tuple', items: ['a', 'a', 'a'] });
});

test('attributes of an OrderedDict are left out', () => {
  const dict = [op.global('collections', 'OrderedDict'), op.emptyTuple, op.reduce];
  const attributes = [op.dict, op.text('_metadata'), ...dict, op.setItem];
  const value = read(...dict, op.text('k'), op.int(1), op.setItem, ...attributes, op.build);
  expect(value).toEqual({ kind: 'dict', ordered: true, entries: [['k', 1]] });
});

test('an allowed function is handed out, not called', () => {
  const value = read(op.global('torch._utils', '_rebuild_tensor_v2'), op.ints([3]), op.reduce);
  expect(value).toEqual({ kind: 'call', name: 'torch._utils._rebuild_tensor_v2', args: [3] });
});

test.each([
  ['os', 'system'],
  ['builtins', 'eval'],
  ['posix', 'system'],
  ['torch._utils', '_rebuild_tensor_v2.__globals__'],
  ['collections', 'OrderedDict.__reduce__'],
  ['', 'collections.OrderedDict'],
])('a pickle that names %s %s is refused', (module, name) => {
  expect(() => read(op.global(module, name), op.text('id'), '\x85', op.reduce)).toThrow(
    PickleError,
  );
});

test.each([
  ['INST, which calls', '(ios\nsystem\n'],
  ['OBJ, which calls', '(o'],
  ['NEWOBJ, which makes an instance', '))\x81'],
  ['STACK_GLOBAL of a later protocol', '\x8c\x02os\x8c\x06system\x93'],
  ['an extension registry', '\x82\x01'],
  ['DUP', 'N2\x86'],
  ['a text that is longer than the file', 'X\xff\xff\xff\x7fa'],
  ['a number of more than 64 bits', '\x8a\x09aaaaaaaaa'],
  ['a name without end', 'cos'],
  ['a mark without its begin', 'Nt'],
  ['a memo that was not kept', 'h\x01'],
  ['items for what is no dict', 'N(NNu'],
  ['a key without a value', '}(Nu'],
  ['items for what is no list', 'NNa'],
  ['a call of what is no function', 'N)R'],
  ['attributes of what is no dict', 'NNb'],
  ['attributes of a plain dict', '}}b'],
  ['an OrderedDict made of something', 'ccollections\nOrderedDict\n(NtR'],
  ['two values', 'NN'],
  ['no value', ''],
  ['only a mark', '('],
])('%s is refused', (_what, body) => {
  expect(() => read(Buffer.from(body, 'latin1'))).toThrow(PickleError);
});

test('a pickle that is not of protocol 2, or empty, is refused', () => {
  for (const text of ['', '\x80', '\x80\x04N.', '(lp0\n.', 'N.']) {
    expect(() => readPickle(Buffer.from(text, 'latin1'), allowed)).toThrow(PickleError);
  }
});

test('a pickle that makes more objects than any table of tensors needs is refused', () => {
  expect(() => read('}'.repeat(300_000))).toThrow(/too many objects/);
  expect(() => read(`](${'N'.repeat(300_000)}e`)).toThrow(/too many objects/);
  expect(() => read('N'.repeat(2_000_000))).toThrow(/too long/);
});

test('values that hold themselves many times over are not unrolled', () => {
  // Each tuple holds the one before it twice: 2^200 leaves, were it copied.
  const doubling = Array.from({ length: 200 }, () =>
    Buffer.concat([op.keep(0), op.recall(0), Buffer.from([0x86])]),
  );
  expect(read('N', ...doubling)).toMatchObject({ kind: 'tuple' });
  expect(read('}', op.keep(0), op.int(1), op.recall(0), op.setItem)).toSatisfy(isDict);
});

test('any bytes at all are a value or a PickleError', () => {
  const opcode = fc.oneof(
    fc.constantFrom(...Object.values(op).filter((part) => Buffer.isBuffer(part))),
    fc.nat(9).map(op.keep),
    fc.nat(9).map(op.recall),
    fc.integer({ min: -3, max: 3 }).map(op.int),
    fc.string({ maxLength: 4 }).map(op.text),
    fc.constant(op.global('collections', 'OrderedDict')),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(opcode, { maxLength: 30 }), (parts) => {
      try {
        read(...parts);
      } catch (error) {
        expect(error).toBeInstanceOf(PickleError);
      }
    }),
    { numRuns: 2000 },
  );
});
