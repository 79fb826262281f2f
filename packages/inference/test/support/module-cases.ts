import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sam2Names } from '../../src/engine/sam2/architecture.ts';
import type { DecoderPrompt, MaskToRemember, ObjectBank } from '../../src/engine/sam2/networks.ts';
import { madeUnits, madeValues } from './made-weights.ts';

const inputSize = z.number().int();
const label = z.literal([0, 1, 2, 3]);
const common = { name: z.string(), inputSize };

const schema = z.object({
  encoder: z.array(z.object({ ...common, model: z.enum(sam2Names) })),
  attention: z.array(
    z.object({ ...common, rows: z.array(z.number()), positions: z.array(z.number()) }),
  ),
  memory: z.array(z.object({ ...common, binary: z.boolean(), present: z.boolean() })),
  decoder: z.array(
    z.object({
      ...common,
      points: z.array(z.tuple([z.number(), z.number(), label])),
      mask: z.boolean(),
    }),
  ),
  shrink: z.array(z.object(common)),
});

export type ModuleCases = z.infer<typeof schema>;
type Case<Kind extends keyof ModuleCases> = ModuleCases[Kind][number];

/**
 * What each network is held to the reference by: the fixture of a kind (`readFixture('encoder')`)
 * has arrays under the names of its cases. All but the encoder's run the smallest network.
 *
 * - `encoder`: `<case>.fine`, `.middle`, `.image` of {@link file://./made-clip.ts} `madeSquare`
 * - `attention`: `<case>` is [256, E, E], of the image of {@link madeFeatures}
 * - `memory`: `<case>` is [E * E][64], of the image of {@link madeFeatures}
 * - `decoder`: `<case>.masks.0` to `.3`, `.ious`, `.score`, `.pointers` ([4, 256]), of
 *   {@link madeDecoderImage} and `fine` and `middle` of {@link madeFeatures}
 * - `shrink`: `<case>` is [4E, 4E]
 */
export const moduleCases: ModuleCases = schema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../sam2/module-cases.json'), 'utf8')),
);

/** An array and its shape. */
export interface MadeArray {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

function made(name: string, shape: readonly number[], amplitude: number): MadeArray {
  return { data: madeValues(name, shape, { center: 0, amplitude }), shape };
}

/** What an encoder might say of a picture: values of the size the made weights give. */
export function madeFeatures(size: number): Record<'fine' | 'middle' | 'image', MadeArray> {
  const side = size / 16;
  return {
    fine: made(`features-${size}.fine`, [1, 32, 4 * side, 4 * side], 2.5),
    middle: made(`features-${size}.middle`, [1, 64, 2 * side, 2 * side], 4),
    image: made(`features-${size}.image`, [1, 256, side, side], 4),
  };
}

/** What the object of a case of memory attention attends to. */
export function madeBank({
  name,
  inputSize: size,
  rows,
  positions,
}: Case<'attention'>): ObjectBank {
  const tokens = (size / 16) ** 2;
  return {
    blocks: rows.map((row, index) => ({
      tokens: made(`${name}.block.${index}`, [tokens, 64], 1.6).data,
      row,
    })),
    pointers: positions.map((position, index) => ({
      pointer: made(`${name}.pointer.${index}`, [256], 2).data,
      position,
    })),
  };
}

/** What the memory encoder is to remember in a case. */
export function madeMask({
  name,
  inputSize: size,
  binary,
  present,
}: Case<'memory'>): MaskToRemember {
  const logits = made(`${name}.logits`, [1, 1, size / 4, size / 4], 6).data;
  return { logits, binary, present };
}

/** The image embedding of a case of the decoder, as memory attention might give it. */
export function madeDecoderImage({ name, inputSize: size }: Case<'decoder'>): MadeArray {
  return made(`${name}.image`, [1, 256, size / 16, size / 16], 2);
}

/** The prompt of a case of the decoder. */
export function madePrompt({
  name,
  inputSize: size,
  points,
  mask,
}: Case<'decoder'>): DecoderPrompt {
  const prompt = { points: points.map(([x, y, kind]) => ({ x, y, label: kind })) };
  return mask ? { ...prompt, mask: made(`${name}.mask`, [size / 4, size / 4], 8).data } : prompt;
}

/** The mask prompt of a case, S x S of 0 and 1. */
export function madeMaskPrompt({ name, inputSize: size }: Case<'shrink'>): Float32Array {
  return Float32Array.from(madeUnits(`${name}.mask`, size * size), (unit) => Number(unit > 0));
}
