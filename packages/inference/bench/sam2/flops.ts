import {
  type Sam2Architecture,
  sam2Blocks,
  sam2Sizes,
} from '../../src/engine/sam2/architecture.ts';

const { dim, memoryDim, memoryLayers, memoryFeedForward } = sam2Sizes;

/** Floating point operations of the encoder's trunk as our graph has it, two for each product. */
export function encoderFlops(architecture: Sam2Architecture, size: number): number {
  let side = size / 4;
  let flops = linear(side * side, 192, architecture.embedDim);
  for (const block of sam2Blocks(architecture)) {
    const window = block.window === 0 ? side : block.window;
    const inWindows = (Math.ceil(side / window) * window) ** 2;
    const asked = block.pools ? inWindows / 4 : inWindows;
    if (block.inputDim !== block.dim) flops += linear(side * side, block.inputDim, block.dim);
    flops += linear(side * side, block.inputDim, 3 * block.dim);
    flops += attention(asked, window * window, block.dim, block.dim);
    if (block.pools) side /= 2;
    flops += linear(side * side, block.dim, block.dim);
    flops += 2 * linear(side * side, block.dim, 4 * block.dim);
  }
  return flops;
}

/** Operations of memory attention for one object, values and output in one layer. */
export function attentionFlops(size: number, frames: number, pointers: number): number {
  const area = (size / 16) ** 2;
  const remembered = frames * area + (dim / memoryDim) * pointers;
  const own = 4 * linear(area, dim, dim) + attention(area, area, dim, dim);
  const cross =
    linear(area, dim, dim) +
    linear(remembered, memoryDim, dim) +
    attention(area, remembered, dim, memoryDim) +
    linear(area, memoryDim, dim);
  return memoryLayers * (own + cross + 2 * linear(area, dim, memoryFeedForward));
}

function linear(rows: number, inputs: number, outputs: number): number {
  return 2 * rows * inputs * outputs;
}

function attention(queries: number, keys: number, dimension: number, valueDim: number): number {
  return 2 * queries * keys * (dimension + valueDim);
}
