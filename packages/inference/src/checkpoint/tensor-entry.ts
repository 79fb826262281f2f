/** Kinds of numbers the weights of a checkpoint may be. */
export const weightTypes = { float32: 4, float16: 2, bfloat16: 2 } as const;
export type WeightType = keyof typeof weightTypes;

/** Where a tensor lies: contiguous, row after row, little-endian. */
export interface TensorEntry {
  readonly dtype: WeightType;
  readonly shape: readonly number[];
  /** Absolute path of the file. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A tensor as the file states it, of any kind of number. */
export interface StoredTensor {
  readonly name: string;
  /** A {@link WeightType}, or the file's own word for another kind. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** Whether a kind of number is one that weights may be. */
export function isWeightType(dtype: string): dtype is WeightType {
  return Object.hasOwn(weightTypes, dtype);
}

const maxSides = 8;

/**
 * How many values a shape has, or undefined where it is no shape: not whole sides, too many of
 * them, or more values than can be counted exactly.
 */
export function countValues(shape: readonly unknown[]): number | undefined {
  if (shape.length > maxSides) return undefined;
  let count = 1;
  for (const side of shape) {
    if (typeof side !== 'number' || !Number.isSafeInteger(side) || side < 0) return undefined;
    count *= side;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}
