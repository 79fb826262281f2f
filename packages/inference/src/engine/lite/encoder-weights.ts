/** Affine map of tokens: y = x . weight + bias, weight [inner][outer], row-major. */
export interface Linear {
  readonly inner: number;
  readonly outer: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The linear map that takes what a layer norm leaves before its own scale and shift:
 * W' = diag(gamma) W and b' = beta W + b. Summed in float64.
 */
export function foldNorm(linear: Linear, gamma: Float32Array, beta: Float32Array): Linear {
  const { inner, outer } = linear;
  const weight = new Float32Array(linear.weight.length);
  const shift = Float64Array.from(linear.bias);
  for (let row = 0; row < inner; row++) {
    for (let column = 0; column < outer; column++) {
      const value = linear.weight[row * outer + column] ?? 0;
      weight[row * outer + column] = (gamma[row] ?? 0) * value;
      shift[column] = (shift[column] ?? 0) + (beta[row] ?? 0) * value;
    }
  }
  return { inner, outer, weight, bias: Float32Array.from(shift) };
}

/** Reorders columns [head][q, k, v][width], as TinyViT has them, to [q, k, v][head][width]. */
export function groupHeads(linear: Linear, heads: number): Linear {
  const { inner, outer } = linear;
  const width = outer / (3 * heads);
  const source = Int32Array.from({ length: outer }, (_, column) => {
    const part = Math.floor(column / (heads * width));
    const head = Math.floor(column / width) % heads;
    return (head * 3 + part) * width + (column % width);
  });
  const weight = new Float32Array(linear.weight.length);
  for (let row = 0; row < inner; row++) {
    for (let column = 0; column < outer; column++) {
      weight[row * outer + column] = linear.weight[row * outer + (source[column] ?? 0)] ?? 0;
    }
  }
  return {
    inner,
    outer,
    weight,
    bias: Float32Array.from(source, (from) => linear.bias[from] ?? 0),
  };
}

/** A linear map with weights of one signed byte, `weight = quantised * scale[column]`. */
export interface QuantisedLinear {
  readonly quantised: Int8Array;
  readonly scale: Float32Array;
}

/** Symmetric 8-bit weights, one scale a column: max|w| / 127, zero point 0. */
export function quantiseColumns(linear: Linear): QuantisedLinear {
  const { inner, outer, weight } = linear;
  const scale = new Float32Array(outer);
  for (let at = 0; at < weight.length; at++) {
    const column = at % outer;
    scale[column] = Math.max(scale[column] ?? 0, Math.abs(weight[at] ?? 0) / 127);
  }
  const quantised = new Int8Array(inner * outer);
  for (let at = 0; at < weight.length; at++) {
    // A column of zeros has scale 0: any scale does for it.
    quantised[at] = Math.round((weight[at] ?? 0) / (scale[at % outer] || 1));
  }
  return { quantised, scale: scale.map((value) => value || 1) };
}
