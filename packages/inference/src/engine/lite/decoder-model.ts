import type { OnnxModel, OnnxNode } from '../../onnx/model.ts';
import { subgraph } from '../../onnx/subgraph.ts';
import { int64Tensor } from '../../onnx/tensor.ts';
import { decoderOutputs } from './decoder-io.ts';

/** Positional encoding of the grid's cells in the published graph, which makes it for 64x64. */
const published = '/pe_layer/Transpose_output_0';

/** Random frequencies of the positional encoding, [2, 128]. */
export const frequencyMatrix = 'model.prompt_encoder.pe_layer.positional_encoding_gaussian_matrix';

function node(op: string, inputs: readonly string[], output: string): OnnxNode {
  return { op, domain: '', name: output, inputs, outputs: [output], attributes: {} };
}

/** Cuts the encoding of a square grid to the rows and columns of the embedding. */
const cutPositions: readonly OnnxNode[] = [
  {
    ...node('Shape', ['image_embeddings'], 'grid_ends'),
    attributes: { start: { kind: 'int', value: 2 }, end: { kind: 'int', value: 4 } },
  },
  node('Slice', ['positions', 'grid_starts', 'grid_ends', 'grid_axes'], published),
];

/**
 * MobileSAM's mask decoder for embeddings of any grid, from the published one. Its one constant of
 * a size, the positional encoding, becomes the input `positions` [256, n, n] with n the grid's
 * longer side; what scales masks up to the picture is left out.
 */
export function buildDecoder(model: OnnxModel): OnnxModel {
  const part = subgraph(model.graph, {
    inputs: [
      { name: 'image_embeddings', type: 'float32', shape: [1, 256, 'rows', 'columns'] },
      { name: published, type: 'float32' },
      { name: 'point_coords', type: 'float32', shape: [1, 'points', 2] },
      { name: 'point_labels', type: 'float32', shape: [1, 'points'] },
      { name: 'mask_input', type: 'float32', shape: [1, 1, 'mask_rows', 'mask_columns'] },
      { name: 'has_mask_input', type: 'float32', shape: [1] },
    ],
    outputs: [
      { name: decoderOutputs.masks, type: 'float32' },
      { name: decoderOutputs.iou, type: 'float32' },
    ],
  });
  const inputs = part.inputs.filter((input) => input.name !== published);
  return {
    ...model,
    graph: {
      ...part,
      nodes: [...cutPositions, ...part.nodes],
      initializers: [
        ...part.initializers,
        int64Tensor('grid_starts', [2], [0, 0]),
        int64Tensor('grid_axes', [2], [1, 2]),
      ],
      inputs: [...inputs, { name: 'positions', type: 'float32', shape: [256, 'side', 'side'] }],
    },
  };
}

/**
 * Positional encoding of the cells of a square grid, planar [256][side][side]: sine, then cosine,
 * of 2 pi (x, y) . frequencies with x and y from -1 to 1 across the square.
 * Source: Tancik et al., Fourier features, 2020; Kirillov et al., Segment Anything, 2023.
 */
export function gridPositions(frequencies: Float32Array, side: number): Float32Array {
  const channels = frequencies.length / 2;
  const cells = side * side;
  const planes = new Float32Array(2 * channels * cells);
  for (let channel = 0; channel < channels; channel++) {
    const alongX = 2 * Math.PI * (frequencies[channel] ?? 0);
    const alongY = 2 * Math.PI * (frequencies[channels + channel] ?? 0);
    for (let cell = 0; cell < cells; cell++) {
      const x = (2 * (cell % side) + 1) / side - 1;
      const y = (2 * Math.floor(cell / side) + 1) / side - 1;
      const angle = alongX * x + alongY * y;
      planes[channel * cells + cell] = Math.sin(angle);
      planes[(channels + channel) * cells + cell] = Math.cos(angle);
    }
  }
  return planes;
}
