/** Side of the squares of pixels that become one logit. */
const stride = 4;

/**
 * The learned shrinking of a mask prompt: a convolution of 4 x 4 and stride 4 over a square of
 * values in 0..1.
 * @param weight [4][4]
 */
export function shrinkMask(mask: Float32Array, weight: Float32Array, bias: number): Float32Array {
  const side = Math.sqrt(mask.length);
  const small = side / stride;
  const out = new Float32Array(small * small);
  for (let y = 0; y < small; y += 1) {
    for (let x = 0; x < small; x += 1) {
      let sum = bias;
      for (let tap = 0; tap < stride * stride; tap += 1) {
        const row = y * stride + Math.floor(tap / stride);
        sum += (weight[tap] ?? 0) * (mask[row * side + x * stride + (tap % stride)] ?? 0);
      }
      out[y * small + x] = sum;
    }
  }
  return out;
}
