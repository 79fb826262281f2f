import { sam2Sizes } from '../architecture.ts';
import { patchMatrix, patchOffsets, patchValues } from '../weights/patch-weights.ts';
import type { Sam2Graph } from './sam2-graph.ts';

const name = 'image_encoder.trunk.patch_embed.proj';
/** Side of the blocks of pixels that a token stands for, and their values. */
const block = 4;
const blockValues = block * block * 3;

/** A picture cut into patches, and what makes tokens of them. */
export interface Patches {
  /** [side * side][patchValues] of 0 to 255, in windows of 8 x 8 patches. */
  readonly values: string;
  /** Bytes, or numbers for the CUDA provider, which pads no bytes. */
  readonly type: 'uint8' | 'float16';
  /** [dim][patchValues] */
  readonly matrix: string;
  /** [strips][side * side / strips][dim]: positions and bias, see `patchOffsets`. */
  readonly offsets: string;
}

/**
 * The patch embedding before its matrix: pixels [1][size][size][3] in blocks of 4 x 4, of which four
 * make a patch. A matrix gives tokens in the order they are wanted in, where a convolution would
 * give planes.
 */
export function cutPatches(
  net: Sam2Graph,
  pixels: string,
  { dim, size, strips }: { readonly dim: number; readonly size: number; readonly strips: number },
): Patches {
  const exact = net.exactly();
  const side = size / block;
  const window = sam2Sizes.windowPositionSide;
  const across = side / window;
  const type = net.plan.floats === 'float16' ? 'float16' : 'uint8';
  const samples = type === 'uint8' ? pixels : net.cast(pixels, type);
  const rows = net.reshape(samples, side, block, side, block * 3);
  const grid = net.reshape(net.transpose(rows, 0, 2, 1, 3), side, side, blockValues);
  const padded = net.graph.node('Pad', [grid, net.graph.shape(1, 1, 0, 0, 0, 0)]);
  const corners = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const;
  const four = corners.map(([y, x]) =>
    net.graph.node('Slice', [
      padded,
      net.graph.shape(y, x),
      net.graph.shape(y + side, x + side),
      net.graph.shape(0, 1),
    ]),
  );
  const joined = net.reshape(net.concat(2, ...four), across, window, across, window * patchValues);
  return {
    type,
    values: net.reshape(net.transpose(joined, 0, 2, 1, 3), strips, -1, patchValues),
    matrix: exact.derived({
      name: `${name}.matrix`,
      dims: [dim, patchValues],
      from: [`${name}.weight`],
      make: patchMatrix,
    }),
    offsets: exact.derived({
      name: `${name}.offsets`,
      dims: [strips, (side * side) / strips, dim],
      from: [
        `${name}.weight`,
        `${name}.bias`,
        'image_encoder.trunk.pos_embed',
        'image_encoder.trunk.pos_embed_window',
      ],
      make: (weight, bias, background, repeated) =>
        patchOffsets({ weight, bias, background, window: repeated }, side),
    }),
  };
}
