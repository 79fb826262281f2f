/** Weight of a sample by its distance in samples; a = -0.75, as PyTorch resizes. */
function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

interface Taps {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}

/** The four samples each place takes; those beyond the edge repeat it. */
function tapsOf(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, index) => {
    const place = ((index + 0.5) * from) / to - 0.5;
    const first = Math.floor(place) - 1;
    const taps = [first, first + 1, first + 2, first + 3];
    return {
      at: taps.map((tap) => Math.min(Math.max(tap, 0), from - 1)),
      weights: taps.map((tap) => cubic(place - tap)),
    };
  });
}

/**
 * Bicubic resize of square planes [planes][from][from] to [planes][to][to], edges half a sample out,
 * without smoothing where it shrinks.
 */
export function resizeBicubic(planes: Float32Array, from: number, to: number): Float32Array {
  const count = planes.length / (from * from);
  const taps = tapsOf(from, to);
  const out = new Float32Array(count * to * to);
  for (let plane = 0; plane < count; plane += 1) {
    const source = planes.subarray(plane * from * from, (plane + 1) * from * from);
    const target = out.subarray(plane * to * to, (plane + 1) * to * to);
    resizePlane(source, target, taps);
  }
  return out;
}

function resizePlane(source: Float32Array, target: Float32Array, taps: readonly Taps[]): void {
  const from = Math.sqrt(source.length);
  const to = taps.length;
  const rows = new Float64Array(from * to);
  for (let y = 0; y < from; y += 1) {
    taps.forEach(({ at, weights }, x) => {
      rows[y * to + x] = at.reduce(
        (sum, tap, nth) => sum + (source[y * from + tap] ?? 0) * (weights[nth] ?? 0),
        0,
      );
    });
  }
  taps.forEach(({ at, weights }, y) => {
    for (let x = 0; x < to; x += 1) {
      target[y * to + x] = at.reduce(
        (sum, tap, nth) => sum + (rows[tap * to + x] ?? 0) * (weights[nth] ?? 0),
        0,
      );
    }
  });
}
