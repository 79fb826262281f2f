import type { ObjectBank } from '../../src/engine/sam2/networks.ts';
import {
  attention,
  each,
  layerNorm,
  linear,
  type Matrix,
  matrix,
  plus,
  relu,
  rowOf,
  stack,
  type Weights,
} from './plain-layers.ts';

const epsilon = 1e-5;

/**
 * Memory attention of one object as the paper has it: neighbouring channels turn as complex numbers,
 * the table repeats for each map of the memory, and values are projected before they are averaged.
 * @param image [side * side][256]
 * @returns [side * side][256]
 */
export function plainMemoryAttention(
  image: Matrix,
  bank: ObjectBank,
  side: number,
  weights: Weights,
): Matrix {
  const area = side * side;
  const maps = bank.blocks.map(({ tokens }) => matrix(area, 64, tokens));
  const placedMaps = bank.blocks.map(({ row }, at) =>
    placeMap(maps[at] ?? image, row, side, weights),
  );
  const pointers = bank.pointers.map(({ pointer }) => matrix(4, 64, pointer));
  const placedPointers = bank.pointers.map(({ position }, at) =>
    placePointer(pointers[at] ?? image, position, weights),
  );
  const memory = stack(...maps, ...pointers);
  const placed = stack(...placedMaps, ...placedPointers);
  let x = plus(image, sines(side, 256), 0.1);
  for (let layer = 0; layer < 4; layer += 1) {
    const name = `memory_attention.layers.${layer}`;
    const norm = (nth: number) => layerNorm(x, weights, `${name}.norm${nth}`, epsilon);
    const own = norm(1);
    x = plus(x, attend(own, own, own, 0, { side, weights, name: `${name}.self_attn` }));
    const skipped = 4 * pointers.length;
    const cross = { side, weights, name: `${name}.cross_attn_image` };
    x = plus(x, attend(norm(2), placed, memory, skipped, cross));
    const hidden = each(linear(norm(3), weights, `${name}.linear1`), relu);
    x = plus(x, linear(hidden, weights, `${name}.linear2`));
  }
  return layerNorm(x, weights, 'memory_attention.norm', epsilon);
}

/** Attention with turned queries and keys; the last `unturned` keys are not turned. */
function attend(
  query: Matrix,
  key: Matrix,
  value: Matrix,
  unturned: number,
  { side, weights, name }: { side: number; weights: Weights; name: string },
): Matrix {
  const q = turn(linear(query, weights, `${name}.q_proj`), side, 0);
  const k = turn(linear(key, weights, `${name}.k_proj`), side, unturned);
  const v = linear(value, weights, `${name}.v_proj`);
  return linear(attention(q, k, v, 1), weights, `${name}.out_proj`);
}

function turn(x: Matrix, side: number, unturned: number): Matrix {
  const out = matrix(x.rows, x.columns, x.data);
  const pairs = x.columns / 2;
  for (let row = 0; row < x.rows - unturned; row += 1) {
    const token = row % (side * side);
    const values = rowOf(x, row);
    const turned = rowOf(out, row);
    for (let pair = 0; pair < pairs; pair += 1) {
      const place = pair < pairs / 2 ? token % side : Math.floor(token / side);
      const angle = place / 10_000 ** ((4 * (pair % (pairs / 2))) / x.columns);
      const [re = 0, im = 0] = values.subarray(2 * pair, 2 * pair + 2);
      turned[2 * pair] = re * Math.cos(angle) - im * Math.sin(angle);
      turned[2 * pair + 1] = re * Math.sin(angle) + im * Math.cos(angle);
    }
  }
  return out;
}

function placeMap(map: Matrix, row: number, side: number, weights: Weights): Matrix {
  const time = weights('maskmem_tpos_enc').subarray(row * 64, (row + 1) * 64);
  const placed = plus(map, sines(side, 64));
  return { ...placed, data: placed.data.map((value, at) => value + (time[at % 64] ?? 0)) };
}

function placePointer(pointer: Matrix, position: number, weights: Weights): Matrix {
  const angles = Array.from({ length: 128 }, (_, at) => position / frequency(at, 128));
  const waves = matrix(1, 256, [...angles.map(Math.sin), ...angles.map(Math.cos)]);
  const place = linear(waves, weights, 'obj_ptr_tpos_proj');
  return plus(pointer, stack(place, place, place, place));
}

function frequency(at: number, count: number): number {
  return 10_000 ** ((2 * Math.floor(at / 2)) / count);
}

/** Sine positions of a map: rows in the first half of the channels, columns in the second. */
function sines(side: number, channels: number): Matrix {
  const half = channels / 2;
  const out = matrix(side * side, channels);
  for (let at = 0; at < out.data.length; at += 1) {
    const token = Math.floor(at / channels);
    const channel = at % channels;
    const place = channel < half ? Math.floor(token / side) : token % side;
    const angle = (((place + 1) / (side + 1e-6)) * 2 * Math.PI) / frequency(channel % half, half);
    out.data[at] = channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  }
  return out;
}
