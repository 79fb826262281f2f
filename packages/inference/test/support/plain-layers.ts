/**
 * Layers of networks written as their papers define them, in float64 and without any rewriting: what
 * the graphs are compared with.
 */

/** Values row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Values of a tensor of the checkpoint. */
export type Weights = (name: string) => Float32Array;

export function matrix(rows: number, columns: number, data?: ArrayLike<number>): Matrix {
  const values = data === undefined ? new Float64Array(rows * columns) : Float64Array.from(data);
  return { rows, columns, data: values };
}

export function rowOf({ columns, data }: Matrix, row: number): Float64Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

/** The rows with these numbers, in this order. */
export function rowsAt(source: Matrix, rows: readonly number[]): Matrix {
  const out = matrix(rows.length, source.columns);
  rows.forEach((row, at) => {
    out.data.set(rowOf(source, row), at * source.columns);
  });
  return out;
}

export function columnsAt(source: Matrix, start: number, count: number): Matrix {
  const out = matrix(source.rows, count);
  for (let row = 0; row < source.rows; row += 1) {
    out.data.set(rowOf(source, row).subarray(start, start + count), row * count);
  }
  return out;
}

export function stack(...parts: readonly Matrix[]): Matrix {
  const out = matrix(
    parts.reduce((sum, part) => sum + part.rows, 0),
    parts[0]?.columns ?? 0,
  );
  let at = 0;
  for (const part of parts) {
    out.data.set(part.data, at);
    at += part.data.length;
  }
  return out;
}

export function plus(a: Matrix, b: Matrix, share = 1): Matrix {
  return { ...a, data: a.data.map((value, at) => value + share * (b.data[at] ?? Number.NaN)) };
}

export function each(source: Matrix, change: (value: number) => number): Matrix {
  return { ...source, data: source.data.map(change) };
}

/** x . weight^T + bias */
export function linear(x: Matrix, weights: Weights, name: string): Matrix {
  const weight = weights(`${name}.weight`);
  const bias = weights(`${name}.bias`);
  const out = matrix(x.rows, bias.length);
  for (let row = 0; row < x.rows; row += 1) {
    const values = rowOf(x, row);
    for (let column = 0; column < bias.length; column += 1) {
      let sum = bias[column] ?? 0;
      const start = column * x.columns;
      for (let at = 0; at < x.columns; at += 1) {
        sum += (values[at] ?? 0) * (weight[start + at] ?? 0);
      }
      out.data[row * bias.length + column] = sum;
    }
  }
  return out;
}

export function layerNorm(x: Matrix, weights: Weights, name: string, epsilon: number): Matrix {
  const weight = weights(`${name}.weight`);
  const bias = weights(`${name}.bias`);
  const out = matrix(x.rows, x.columns);
  for (let row = 0; row < x.rows; row += 1) {
    const values = rowOf(x, row);
    const mean = values.reduce((sum, value) => sum + value, 0) / x.columns;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.columns;
    values.forEach((value, at) => {
      const unit = (value - mean) / Math.sqrt(variance + epsilon);
      out.data[row * x.columns + at] = unit * (weight[at] ?? 0) + (bias[at] ?? 0);
    });
  }
  return out;
}

/** softmax(q k^T / sqrt(width of a head)) v, head after head. */
export function attention(query: Matrix, key: Matrix, value: Matrix, heads: number): Matrix {
  const width = query.columns / heads;
  const valueWidth = value.columns / heads;
  const out = matrix(query.rows, value.columns);
  for (let head = 0; head < heads; head += 1) {
    for (let row = 0; row < query.rows; row += 1) {
      const asked = rowOf(query, row).subarray(head * width, (head + 1) * width);
      const shares = softmax(
        Float64Array.from({ length: key.rows }, (_, at) => {
          const offered = at * key.columns + head * width;
          let sum = 0;
          for (let i = 0; i < width; i += 1) sum += (asked[i] ?? 0) * (key.data[offered + i] ?? 0);
          return sum / Math.sqrt(width);
        }),
      );
      const start = row * value.columns + head * valueWidth;
      shares.forEach((share, at) => {
        const from = at * value.columns + head * valueWidth;
        for (let i = 0; i < valueWidth; i += 1) {
          out.data[start + i] = (out.data[start + i] ?? 0) + share * (value.data[from + i] ?? 0);
        }
      });
    }
  }
  return out;
}

function softmax(logits: Float64Array): Float64Array {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** x Phi(x), Phi that of the normal distribution. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

export function relu(x: number): number {
  return Math.max(x, 0);
}

/** The error function by its series, which is exact to 1e-9 as far as it is not 1. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-12; n += 1) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
