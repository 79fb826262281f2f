import type { ElementType } from '../../../onnx/model.ts';
import { type Sam2Architecture, type Sam2Block, sam2Blocks, sam2Sizes } from '../architecture.ts';
import { patchValues } from '../weights/patch-weights.ts';
import { hieraBlock } from './hiera-block.ts';
import { cutPatches } from './patch-embedding.ts';
import type { Sam2Graph, SliceResult } from './sam2-graph.ts';
import { rowAfterRow, type TokenMap } from './token-map.ts';

/** What becomes of the output of a stage, 0 to 3. */
export type ShrinkStage = (net: Sam2Graph, map: TokenMap, stage: number) => TokenMap;

export interface HieraOptions {
  readonly architecture: Sam2Architecture;
  /** Side of the picture in pixels, a multiple of 32. */
  readonly size: number;
  readonly shrink: ShrinkStage;
  /** Values in the widest of a strip's tensors at most, but for strips of one row of windows. */
  readonly stripValues?: number | undefined;
}

/**
 * The encoder's trunk over `pixels` [1][size][size][3] of 8 bits; the shrunk outputs of its four
 * stages, finest first.
 *
 * Up to the third stage's first block each block's windows are those of the block before it, halved
 * where it pools: tokens lie window after window all the way, and nothing passes between rows of
 * windows. So the picture goes through these blocks in strips, whose values stay in the cache.
 * Source: Ryali et al., Hiera, 2023; Bolya et al., Window Attention is Bugged, 2023.
 */
export function hiera(net: Sam2Graph, pixels: string, options: HieraOptions): TokenMap[] {
  const blocks = sam2Blocks(options.architecture).map((block, index) => ({ block, index }));
  const inStrips = blocks.slice(0, blocksInStrips(blocks.map(({ block }) => block)));
  const { stages, map } = firstStages(net, pixels, inStrips, options);
  let whole = rowAfterRow(net, map);
  for (const { block, index } of blocks.slice(inStrips.length)) {
    whole = hieraBlock(net, whole, block, blockName(index));
    if (block.endsStage) stages.push(options.shrink(net, whole, block.stage));
  }
  return stages;
}

interface NumberedBlock {
  readonly block: Sam2Block;
  readonly index: number;
}

function blockName(index: number): string {
  return `image_encoder.trunk.blocks.${index}`;
}

/** How many blocks there are before the first with other windows than the tokens lie in. */
function blocksInStrips(blocks: readonly Sam2Block[]): number {
  let window: number = sam2Sizes.windowPositionSide;
  const first = blocks.findIndex((block) => {
    if (block.window !== window) return true;
    if (block.pools) window /= 2;
    return false;
  });
  return first < 0 ? blocks.length : first;
}

/** 8 MB: a few of them fit a cache of the third level. */
const cachedValues = 2 ** 21;

/** Into how many strips the rows of windows are parted, all of them equal. */
function countStrips({ size, architecture, stripValues = cachedValues }: HieraOptions): number {
  const window = sam2Sizes.windowPositionSide;
  const rows = size / 4 / window;
  const rowValues = (size / 4) * window * 4 * architecture.embedDim;
  let together = Math.min(rows, Math.max(1, Math.floor(stripValues / rowValues)));
  while (rows % together !== 0) together -= 1;
  return rows / together;
}

/** The blocks that go strip by strip; stages that end in them, and the whole map after them. */
function firstStages(
  net: Sam2Graph,
  pixels: string,
  blocks: readonly NumberedBlock[],
  options: HieraOptions,
): { stages: TokenMap[]; map: TokenMap } {
  const { size, shrink } = options;
  const dim = options.architecture.embedDim;
  const strips = countStrips(options);
  const { values, type, matrix, offsets } = cutPatches(net, pixels, { dim, size, strips });
  const tokens = (size / 4) ** 2 / strips;
  const stages: TokenMap[] = [];
  let map: TokenMap = { tokens: '', dim, side: size / 4, window: sam2Sizes.windowPositionSide };
  const results = net.forEachSlice(
    strips,
    [
      { value: values, type, sides: [tokens, patchValues] },
      { value: offsets, type: 'float32', sides: [tokens, dim] },
    ],
    (strip, patches = '', places = '') => {
      const floats = strip.cast(patches, 'float32');
      map = { ...map, tokens: strip.linear(floats, { weight: matrix, bias: places }) };
      for (const { block, index } of blocks) {
        map = hieraBlock(strip, map, block, blockName(index));
        if (block.endsStage) stages.push(shrink(strip, map, block.stage));
      }
      const shrunk = stages.map((one) => resultOf(one, strips, net.plan.floats));
      return [...shrunk, resultOf(map, strips, 'float32')];
    },
  );
  const joined = (one: TokenMap, at: number) => ({
    ...one,
    tokens: net.reshape(results[at] ?? '', -1, one.dim),
  });
  return { stages: stages.map(joined), map: joined(map, stages.length) };
}

function resultOf({ tokens, side, dim }: TokenMap, strips: number, type: ElementType): SliceResult {
  return { value: tokens, type, sides: [(side * side) / strips, dim] };
}
