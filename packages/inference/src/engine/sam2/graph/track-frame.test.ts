import { expect, test } from 'vitest';
import { madeCheckpoint } from '../../../../test/support/made-weights.ts';
import { sam2Architectures } from '../architecture.ts';
import { sam2Tensors } from '../tensors.ts';
import { WeightPlan } from '../weights/weight-plan.ts';
import { buildTrackFrame } from './track-frame.ts';

/**
 * Operators that onnxruntime's CUDA provider has float16 kernels for, at the operator set that the
 * graphs name: an operator without one would take its values off the card and back.
 * Source: docs/OperatorKernels.md of microsoft/onnxruntime.
 */
const onCuda = new Set(
  `Add ArgMax Cast Concat Conv ConvTranspose Cos Div Expand FusedMatMul Gather GatherND Gelu Gemm
  Greater Identity LayerNormalization MatMul Mul MultiHeadAttention Not Pad ReduceMax Relu Reshape
  Resize RotaryEmbedding Shape Sigmoid Sin Slice Transpose Where`.split(/\s+/),
);

test('the float16 graph of a tracked frame has only operators that stay on a graphics card', () => {
  const architecture = sam2Architectures['sam2.1-tiny'];
  const entries = madeCheckpoint(sam2Tensors(architecture)).map(
    ({ name, shape }) =>
      [name, { name, dtype: 'float32', file: '', shape, offset: 0, length: 0 }] as const,
  );
  const model = buildTrackFrame(new WeightPlan(new Map(entries), 'float16'), {
    architecture,
    size: 256,
    precision: 'fp16',
    stripValues: Number.POSITIVE_INFINITY,
  });
  // Its Pad and ReduceMax have kernels for just this one.
  expect(model.opsets['']).toBe(18);
  const { nodes } = model.graph;
  expect(nodes.map(({ op }) => op).filter((op) => !onCuda.has(op))).toEqual([]);
  const uses = nodes.filter(({ inputs }) => inputs.includes('pixels'));
  expect(uses.map(({ op }) => op)).toEqual(['Cast']);
});
