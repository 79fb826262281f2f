/**
 * The sums a weighted least-squares fit needs: `gram` = X W X^T, the lower triangle of [n][n] row
 * after row, and `moment` = X W y [n]. They add up: the sums of two sets of cells are those of both
 * together.
 */
export interface FitSums {
  readonly size: number;
  readonly gram: Float32Array;
  readonly moment: Float32Array;
}

/** Numbers of the lower triangle of an n x n matrix, diagonal included. */
export function triangleLength(size: number): number {
  return (size * (size + 1)) / 2;
}

/** The lower triangle of a square matrix, row after row. */
export function lowerTriangle(square: Float32Array, size: number): Float32Array {
  const triangle = new Float32Array(triangleLength(size));
  for (let row = 0; row < size; row++) {
    triangle.set(square.subarray(row * size, row * size + row + 1), triangleLength(row));
  }
  return triangle;
}

/** a + share*(b - a), number by number. */
export function blendSums(a: FitSums, b: FitSums, share: number): FitSums {
  return {
    size: a.size,
    gram: blend(a.gram, b.gram, share),
    moment: blend(a.moment, b.moment, share),
  };
}

function blend(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = (a[i] ?? 0) + share * ((b[i] ?? 0) - (a[i] ?? 0));
  }
  return out;
}

/**
 * The weights w that minimise the weighted squared error plus lambda |w|^2, the last feature (the
 * constant) not held back: (gram + lambda I) w = moment, by Cholesky in double precision.
 */
export function solveRidge(sums: FitSums, lambda: number): Float64Array {
  const { size } = sums;
  const factor = Array.from({ length: size }, (_, row) => {
    const start = triangleLength(row);
    const values = Float64Array.from(sums.gram.subarray(start, start + row + 1));
    values[row] = (values[row] ?? 0) + (row < size - 1 ? lambda : 1e-9);
    return values;
  });
  factorise(factor);
  return backSubstitute(factor, forwardSubstitute(factor, Float64Array.from(sums.moment)));
}

/**
 * Cholesky factor of a symmetric matrix given as rows of its lower triangle, in place. Four rows go
 * together where they can: each number above them is then read once for all four.
 */
function factorise(rows: readonly Float64Array[]): void {
  for (let first = 0; first < rows.length; first += 4) {
    const [a, b, c, d] = rows.slice(first, first + 4);
    const together = a !== undefined && b !== undefined && c !== undefined && d !== undefined;
    if (together) eliminate(rows, first, a, b, c, d);
    for (const [i, row] of rows.slice(first, first + 4).entries()) {
      finishRow(rows, row, together ? first : 0, first + i);
    }
  }
}

/** The columns before `count` of four rows of the factor. */
function eliminate(
  rows: readonly Float64Array[],
  count: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): void {
  for (let j = 0; j < count; j++) {
    const other = rows[j] ?? a;
    let [sa, sb, sc, sd] = [0, 0, 0, 0];
    for (let k = 0; k < j; k++) {
      const value = other[k] ?? 0;
      sa += (a[k] ?? 0) * value;
      sb += (b[k] ?? 0) * value;
      sc += (c[k] ?? 0) * value;
      sd += (d[k] ?? 0) * value;
    }
    const diagonal = other[j] ?? 1;
    a[j] = ((a[j] ?? 0) - sa) / diagonal;
    b[j] = ((b[j] ?? 0) - sb) / diagonal;
    c[j] = ((c[j] ?? 0) - sc) / diagonal;
    d[j] = ((d[j] ?? 0) - sd) / diagonal;
  }
}

/** The columns of row `i` of the factor from `from` on. */
function finishRow(
  rows: readonly Float64Array[],
  row: Float64Array,
  from: number,
  i: number,
): void {
  for (let j = from; j < i; j++) {
    const other = rows[j];
    if (other !== undefined) {
      row[j] = ((row[j] ?? 0) - dot(row, other, j)) / (other[j] ?? 1);
    }
  }
  row[i] = Math.sqrt(Math.max((row[i] ?? 0) - dot(row, row, i), 1e-12));
}

/** Sum of the first n products; four chains, since one would wait for itself at every step. */
function dot(a: Float64Array, b: Float64Array, n: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s0 += (a[i] ?? 0) * (b[i] ?? 0);
    s1 += (a[i + 1] ?? 0) * (b[i + 1] ?? 0);
    s2 += (a[i + 2] ?? 0) * (b[i + 2] ?? 0);
    s3 += (a[i + 3] ?? 0) * (b[i + 3] ?? 0);
  }
  for (; i < n; i++) {
    s0 += (a[i] ?? 0) * (b[i] ?? 0);
  }
  return s0 + s1 + (s2 + s3);
}

function forwardSubstitute(factor: readonly Float64Array[], values: Float64Array): Float64Array {
  for (const [i, row] of factor.entries()) {
    values[i] = ((values[i] ?? 0) - dot(row, values, i)) / (row[i] ?? 1);
  }
  return values;
}

function backSubstitute(factor: readonly Float64Array[], values: Float64Array): Float64Array {
  for (let i = factor.length - 1; i >= 0; i--) {
    const row = factor[i];
    if (row === undefined) {
      continue;
    }
    const solved = (values[i] ?? 0) / (row[i] ?? 1);
    values[i] = solved;
    for (let j = 0; j < i; j++) {
      values[j] = (values[j] ?? 0) - (row[j] ?? 0) * solved;
    }
  }
  return values;
}
