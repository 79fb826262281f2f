import { GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { floatTensor } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { createNetwork } from '../../src/ort/session.ts';
import { floatInput } from '../../src/ort/tensor.ts';

const side = 2048;

/** The most operations a second that the runtime reaches here, in one large matrix product. */
export async function measureMatmulPeak(threads: number, rounds: number): Promise<number> {
  const graph = new GraphBuilder();
  const values = Float32Array.from({ length: side * side }, (_, at) => Math.sin(at));
  const x = graph.input('x', 'float32', [side, side]);
  const weight = graph.constant(floatTensor('weight', [side, side], values));
  graph.output('y', graph.node('MatMul', [x, weight]), 'float32', [side, side]);
  const network = await createNetwork(
    writeModel(graph.build({ name: 'peak', opsets: { '': 20 } })),
    {
      name: 'matrix product',
      threads,
    },
  );
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await network.run({ x: floatInput(values, [side, side]) }, ['y']);
    best = Math.min(best, performance.now() - start);
  }
  await network.dispose();
  return (2 * side ** 3) / (best / 1000);
}
