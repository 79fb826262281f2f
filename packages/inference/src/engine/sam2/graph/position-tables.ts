/** Tables that the networks add or turn by; none of them is in a checkpoint. */

const temperature = 10_000;

/**
 * Sine embedding of the places of a square map, [side * side][channels]: rows in the first half of
 * the channels, columns in the second, sines and cosines in turn.
 * Source: Carion et al., DETR, 2020, normalised to 2 pi.
 */
export function sinePositions(side: number, channels: number): Float32Array {
  const half = channels / 2;
  const table = new Float32Array(side * side * channels);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const at = (row * side + column) * channels;
      writeSines(table.subarray(at, at + half), circlePart(row, side));
      writeSines(table.subarray(at + half, at + channels), circlePart(column, side));
    }
  }
  return table;
}

function circlePart(index: number, side: number): number {
  return ((index + 1) / (side + 1e-6)) * 2 * Math.PI;
}

function writeSines(out: Float32Array, angle: number): void {
  for (let index = 0; index < out.length; index += 1) {
    const scaled = angle / frequency(index, out.length);
    out[index] = index % 2 === 0 ? Math.sin(scaled) : Math.cos(scaled);
  }
}

function frequency(index: number, channels: number): number {
  return temperature ** ((2 * Math.floor(index / 2)) / channels);
}

/** What a distance in frames is divided by in each sine of its embedding, [channels / 2]. */
export function pointerFrequencies(channels: number): Float32Array {
  const half = channels / 2;
  return Float32Array.from({ length: half }, (_, index) => frequency(index, half));
}

/**
 * Cosines or sines that turn pairs of channels by the place of a token on a square map,
 * [side * side][channels / 2]: the first half by its column, the second by its row.
 * Source: Heo et al., Rotary Position Embedding for Vision Transformer, 2024.
 */
export function rotationTable(
  side: number,
  channels: number,
  wave: (angle: number) => number,
): Float32Array {
  const pairs = channels / 2;
  const table = new Float32Array(side * side * pairs);
  for (let at = 0; at < table.length; at += 1) {
    const token = Math.floor(at / pairs);
    const pair = at % pairs;
    const place = pair < pairs / 2 ? token % side : Math.floor(token / side);
    table[at] = wave(place * temperature ** (-(4 * (pair % (pairs / 2))) / channels));
  }
  return table;
}

/**
 * Random Fourier embedding of the centres of a square map's cells, [side * side][2 * waves]: the
 * prompt encoder's embedding of points at those places.
 * @param matrix [2][waves], x before y
 */
export function fourierPositions(side: number, matrix: Float32Array): Float32Array {
  const waves = matrix.length / 2;
  const table = new Float32Array(side * side * 2 * waves);
  for (let token = 0; token < side * side; token += 1) {
    const x = (2 * ((token % side) + 0.5)) / side - 1;
    const y = (2 * (Math.floor(token / side) + 0.5)) / side - 1;
    for (let wave = 0; wave < waves; wave += 1) {
      const angle = 2 * Math.PI * (x * (matrix[wave] ?? 0) + y * (matrix[waves + wave] ?? 0));
      table[token * 2 * waves + wave] = Math.sin(angle);
      table[token * 2 * waves + waves + wave] = Math.cos(angle);
    }
  }
  return table;
}
