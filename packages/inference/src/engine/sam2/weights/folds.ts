/** Exact rewrites of pairs of linear layers as one. Matrices are row after row, [out][in]. */

/** outer . inner: the layer `inner` and then the layer `outer`, [outputs][inputs]. */
export function foldWeights(
  outer: Float32Array,
  inner: Float32Array,
  inputs: number,
): Float32Array {
  const middle = inner.length / inputs;
  const outputs = outer.length / middle;
  const folded = new Float32Array(outputs * inputs);
  const row = new Float64Array(inputs);
  for (let output = 0; output < outputs; output += 1) {
    row.fill(0);
    for (let at = 0; at < middle; at += 1) {
      const factor = outer[output * middle + at] ?? 0;
      for (let input = 0; input < inputs; input += 1) {
        row[input] = (row[input] ?? 0) + factor * (inner[at * inputs + input] ?? 0);
      }
    }
    folded.set(row, output * inputs);
  }
  return folded;
}

/** outer . innerBias + outerBias: the bias of the two layers as one. */
export function foldBias(
  outer: Float32Array,
  outerBias: Float32Array,
  innerBias: Float32Array,
): Float32Array {
  const middle = innerBias.length;
  return outerBias.map((bias, output) => {
    let sum = bias;
    for (let at = 0; at < middle; at += 1) {
      sum += (outer[output * middle + at] ?? 0) * (innerBias[at] ?? 0);
    }
    return sum;
  });
}

/**
 * Rows with even numbers first, then the odd ones. A layer whose outputs are turned in pairs
 * (0, 1), (2, 3), ... then has them in halves, which turn without being taken apart. Queries and
 * keys in the same order give the same products.
 */
export function evenRowsFirst(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row += 1) {
    const from = row < rows / 2 ? 2 * row : 2 * row - rows + 1;
    out.set(matrix.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return out;
}
