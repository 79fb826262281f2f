import { expect, test } from 'vitest';
import { sam2Architectures, sam2Blocks, sam2Names } from './architecture.ts';
import { countWeights, sam2Tensors } from './tensors.ts';

test('each network has as many weights as is published', () => {
  const counts = sam2Names.map((name) => countWeights(sam2Tensors(sam2Architectures[name])));
  // facebookresearch/sam2, README: 38.9, 46, 80.8 and 224.4 M, cut after the first digit.
  expect(counts.map((count) => Math.floor(count / 1e5) / 10)).toEqual([38.9, 46.0, 80.8, 224.4]);
});

test('the weights as float32 fill the published files but for their headers', () => {
  const published = [156_008_466, 184_416_285, 323_606_802, 898_083_611];
  sam2Names.forEach((name, index) => {
    const shapes = sam2Tensors(sam2Architectures[name]);
    const header = (published[index] ?? 0) - 4 * countWeights(shapes);
    // What a zip takes for a tensor: two headers, a descriptor, padding, the pickle. One tensor of
    // 256 values too many or too few in tiny would move this by 2 bytes.
    expect(header / shapes.size).toBeGreaterThan(325);
    expect(header / shapes.size).toBeLessThan(336);
  });
});

test('the blocks of tiny pool, attend and end their stages where the paper says', () => {
  const blocks = sam2Blocks(sam2Architectures['sam2.1-tiny']);
  const where = (is: (block: (typeof blocks)[number]) => boolean) =>
    blocks.flatMap((block, index) => (is(block) ? [index] : []));
  expect(where((block) => block.endsStage)).toEqual([0, 2, 9, 11]);
  expect(where((block) => block.pools)).toEqual([1, 3, 10]);
  expect(where((block) => block.window === 0)).toEqual([5, 7, 9]);
  // The window lags one block behind the stage.
  expect(blocks.map((block) => block.window)).toEqual([8, 8, 4, 4, 14, 0, 14, 0, 14, 0, 14, 7]);
  expect(blocks.map((block) => block.inputDim)).toEqual([
    96, 96, 192, 192, 384, 384, 384, 384, 384, 384, 384, 768,
  ]);
  expect(blocks.map((block) => block.dim / block.heads)).toEqual(blocks.map(() => 96));
});

test('stage ends and head widths of the larger networks are the published ones', () => {
  const ends = (name: 'sam2.1-small' | 'sam2.1-base-plus' | 'sam2.1-large') =>
    sam2Blocks(sam2Architectures[name]).flatMap((block, index) => (block.endsStage ? [index] : []));
  expect(ends('sam2.1-small')).toEqual([0, 2, 13, 15]);
  expect(ends('sam2.1-base-plus')).toEqual([1, 4, 20, 23]);
  expect(ends('sam2.1-large')).toEqual([1, 7, 43, 47]);
  const [base] = sam2Blocks(sam2Architectures['sam2.1-base-plus']);
  const [large] = sam2Blocks(sam2Architectures['sam2.1-large']);
  expect(base && base.dim / base.heads).toBe(56);
  expect(large && large.dim / large.heads).toBe(72);
});
