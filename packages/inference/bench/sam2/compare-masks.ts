import { resizeSmoothly } from '../../src/engine/sam2/resize-smoothly.ts';
import { difference } from '../../test/support/difference.ts';
import { overlap } from '../../test/support/overlap.ts';

/**
 * The worst of all frames that both have: greatest error of logits over their range, and smallest
 * IoU of the masks at the size of the square. NaN where a mask is constant or no number.
 */
export function compareMasks(
  got: readonly Float32Array[],
  expected: readonly Float32Array[],
  size: number,
): { readonly error: number; readonly iou: number } {
  const large = (values: Float32Array) => {
    const side = Math.sqrt(values.length);
    return resizeSmoothly({ width: side, height: side, values }, size, size).values;
  };
  const pairs = expected.map((mask, at) => [got[at] ?? new Float32Array(), mask] as const);
  return {
    error: Math.max(...pairs.map(([one, other]) => difference(one, other))),
    iou: Math.min(...pairs.map(([one, other]) => overlap(large(one), large(other)))),
  };
}
