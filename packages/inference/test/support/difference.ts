/** Greatest difference over the range of the expected values; NaN where a value is none. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`Expected ${expected.length} values but got ${actual.length}`);
  }
  let worst = 0;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < expected.length; at += 1) {
    const value = expected[at] ?? Number.NaN;
    const error = Math.abs((actual[at] ?? Number.NaN) - value);
    worst = Number.isNaN(error) ? error : Math.max(worst, error);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return worst / (high - low);
}

/** The values of a float32 output of a network. */
export function floatsOf(value: { readonly data: unknown }): Float32Array {
  if (!(value.data instanceof Float32Array)) throw new TypeError('Expected float32 values');
  return value.data;
}
