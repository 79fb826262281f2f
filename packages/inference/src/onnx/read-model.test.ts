import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { RotoError } from '@roto/sdk/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from './model.ts';
import { readModel } from './read-model.ts';
import { tensorFloats, tensorInts } from './tensor.ts';
import { exposeValues, writeModel } from './write-model.ts';

const name = fc.string({ maxLength: 8 });
const whole = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const side = fc.integer({ min: 0, max: 4096 });
const single = fc.float({ noNaN: true });

const tensor: fc.Arbitrary<OnnxTensor> = fc.record({
  name,
  type: fc.constantFrom('float32', 'int8', 'int64', 'float16'),
  dims: fc.array(side, { maxLength: 4 }),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.record({ location: fc.string({ minLength: 1, maxLength: 8 }), offset: side, length: side }),
  ),
});

const attribute: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  fc.record({ kind: fc.constant('float' as const), value: single }),
  fc.record({ kind: fc.constant('int' as const), value: whole }),
  fc.record({ kind: fc.constant('string' as const), value: name }),
  fc.record({ kind: fc.constant('tensor' as const), value: tensor }),
  fc.record({ kind: fc.constant('floats' as const), value: fc.array(single, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('ints' as const), value: fc.array(whole, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('strings' as const), value: fc.array(name, { maxLength: 4 }) }),
);

const node: fc.Arbitrary<OnnxNode> = fc.record({
  op: name,
  domain: name,
  name,
  inputs: fc.array(name, { maxLength: 3 }),
  outputs: fc.array(name, { maxLength: 3 }),
  attributes: fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), attribute, { maxKeys: 3 }),
});

const value = fc.oneof(
  fc.record({ name, type: fc.constantFrom('float32', 'int64', 'bool') }),
  fc.record({
    name,
    type: fc.constantFrom('float32', 'string'),
    shape: fc.array(fc.oneof(side, name), { maxLength: 4 }),
  }),
);

const plainGraph: fc.Arbitrary<OnnxGraph> = fc.record({
  name,
  nodes: fc.array(node, { maxLength: 4 }),
  initializers: fc.array(tensor, { maxLength: 3 }),
  inputs: fc.array(value, { maxLength: 3 }),
  outputs: fc.array(value, { maxLength: 3 }),
  values: fc.array(value, { maxLength: 2 }),
});

/** Graphs with a body inside one of their nodes, as loops and conditions have. */
const nestedGraph: fc.Arbitrary<OnnxGraph> = fc
  .tuple(plainGraph, node, plainGraph)
  .map(([graph, last, body]) => ({
    ...graph,
    nodes: [...graph.nodes, { ...last, attributes: { body: { kind: 'graph', value: body } } }],
  }));

const model: fc.Arbitrary<OnnxModel> = fc.record({
  irVersion: fc.integer({ min: 1, max: 20 }),
  producer: name,
  opsets: fc.dictionary(name, fc.integer({ min: 1, max: 30 }), { maxKeys: 3 }),
  graph: fc.oneof(plainGraph, nestedGraph),
});

/** Without the differences that carry no meaning: prototypes, and Buffer beside Uint8Array. */
function plain(read: unknown): unknown {
  return JSON.parse(
    JSON.stringify(read, (_key, part) =>
      part instanceof Uint8Array ? Array.from(part) : Object.is(part, -0) ? 0 : part,
    ),
  );
}

test('a model reads back as it was written', () => {
  fc.assert(
    fc.property(model, (written) => {
      expect(plain(readModel(writeModel(written)))).toEqual(plain(written));
    }),
    { numRuns: 200 },
  );
});

test('damaged bytes are a model_corrupt error or a model, and nothing else', () => {
  fc.assert(
    fc.property(
      model,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(),
      (written, changes, cut) => {
        const bytes = writeModel(written);
        for (const [at, byte] of changes) {
          bytes[at % bytes.length] = byte;
        }
        try {
          readModel(bytes.subarray(0, 1 + (cut % bytes.length)));
        } catch (error) {
          expect(error).toBeInstanceOf(RotoError);
          expect(error).toMatchObject({ code: 'model_corrupt' });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('values in the typed fields of a tensor are read like raw bytes', () => {
  const initializer = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .fork()
    .int64(3)
    .join()
    .tag(2, WireType.Varint)
    .int32(1)
    .tag(4, WireType.LengthDelimited)
    .fork()
    .float(1.5)
    .float(-2)
    .float(0.25)
    .join()
    .finish();
  const shape = new BinaryWriter()
    .tag(1, WireType.Varint)
    .int64(2)
    .tag(2, WireType.Varint)
    .int32(7)
    .tag(7, WireType.Varint)
    .int64(-1)
    .tag(7, WireType.Varint)
    .int64(64)
    .finish();
  const bytes = new BinaryWriter()
    .tag(7, WireType.LengthDelimited)
    .fork()
    .tag(5, WireType.LengthDelimited)
    .bytes(initializer)
    .tag(5, WireType.LengthDelimited)
    .bytes(shape)
    .join()
    .finish();
  const [floats, ints] = readModel(bytes).graph.initializers;
  expect(floats && Array.from(tensorFloats(floats))).toEqual([1.5, -2, 0.25]);
  expect(ints && tensorInts(ints)).toEqual([-1, 64]);
});

test('exposed values become outputs after those of the model', () => {
  fc.assert(
    fc.property(model, (written) => {
      const bytes = exposeValues(writeModel(written), [{ name: 'inner', type: 'float32' }]);
      const { outputs, nodes } = readModel(bytes).graph;
      expect(outputs.map((output) => output.name)).toEqual([
        ...written.graph.outputs.map((output) => output.name),
        'inner',
      ]);
      expect(nodes).toHaveLength(written.graph.nodes.length);
    }),
    { numRuns: 50 },
  );
});
