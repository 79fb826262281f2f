import { expect, test } from 'vitest';
import { GraphBuilder } from './graph-builder.ts';
import { subgraph } from './subgraph.ts';
import { floatTensor } from './tensor.ts';

test('a part of a graph holds only what its outputs need of its inputs', () => {
  const builder = new GraphBuilder();
  const input = builder.input('x', 'float32', [2]);
  const one = builder.constant(floatTensor('one', [1], Float32Array.of(1)));
  const before = builder.node('Add', [input, one]);
  const inner = builder.node('Mul', [
    before,
    builder.constant(floatTensor('two', [1], Float32Array.of(2))),
  ]);
  builder.output('unwanted', builder.node('Sqrt', [inner]), 'float32', [2]);
  const { graph } = builder.build({ name: 'test', opsets: { '': 17 } });

  const part = subgraph(graph, {
    inputs: [{ name: before, type: 'float32' }],
    outputs: [{ name: inner, type: 'float32' }],
  });
  expect(part.nodes.map((node) => node.op)).toEqual(['Mul']);
  expect(part.initializers.map((tensor) => tensor.name)).toEqual(['two']);
});

test('what only the body of a condition names is kept', () => {
  const body = new GraphBuilder();
  body.output('out', 'outer', 'float32', [1]);
  const then = body.build({ name: 'then', opsets: {} }).graph;
  const builder = new GraphBuilder();
  const flag = builder.input('flag', 'bool', []);
  builder.constant(floatTensor('outer', [1], Float32Array.of(3)));
  const result = builder.node('If', [flag], {
    attributes: { then_branch: { kind: 'graph', value: then } },
  });
  const { graph } = builder.build({ name: 'test', opsets: { '': 17 } });
  const part = subgraph(graph, { inputs: [], outputs: [{ name: result, type: 'float32' }] });
  expect(part.initializers.map((tensor) => tensor.name)).toEqual(['outer']);
});
