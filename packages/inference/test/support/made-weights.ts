import type { TensorShapes } from '../../src/engine/sam2/tensors.ts';
import type { WrittenTensor } from './write-safetensors.ts';

/**
 * Weights made from nothing but a tensor's name and shape, for proving that two implementations of
 * a network agree without storing a checkpoint. All integers are unsigned and of 32 bits, `*` and
 * `+` on them are modulo 2^32, `>>` shifts zeros in.
 *
 *   seed  = FNV-1a of the UTF-8 bytes of the name:
 *           h = 0x811c9dc5; for each byte b: h = (h ^ b) * 0x01000193
 *   x     = seed + (i + 1) * 0x9e3779b9               for the value at index i, row after row
 *   x     = (x ^ (x >> 16)) * 0x85ebca6b              (the finaliser of MurmurHash3)
 *   x     = (x ^ (x >> 13)) * 0xc2b2ae35
 *   x     = x ^ (x >> 16)
 *   u     = ((x >> 8) - 2^23) * 2^-23                 in [-1, 1), exact in float32
 *   value = float32(center + amplitude * u)           computed in float64, rounded once
 *
 * `center` and `amplitude` are those of {@link madeRule}.
 */
export function madeWeights(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  return madeValues(name, shape, madeRule(name, shape));
}

/** Values by the same rule, of whatever center and amplitude: inputs of tests, not weights. */
export function madeValues(
  name: string,
  shape: readonly number[],
  { center, amplitude }: MadeRule,
): Float32Array<ArrayBuffer> {
  const count = shape.reduce((product, side) => product * side, 1);
  const values = madeUnits(name, count);
  // Not Float32Array.from: that takes twenty times as long for a whole network.
  for (let at = 0; at < count; at += 1) values[at] = center + amplitude * (values[at] ?? 0);
  return values;
}

/** `count` numbers in [-1, 1) that depend on nothing but `name`; exact in float32. */
export function madeUnits(name: string, count: number): Float32Array<ArrayBuffer> {
  const seed = fnv1a(name);
  const values = new Float32Array(count);
  for (let index = 0; index < count; index += 1) {
    let x = (seed + Math.imul(index + 1, 0x9e_37_79_b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85_eb_ca_6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2_b2_ae_35);
    x ^= x >>> 16;
    values[index] = ((x >>> 8) - 0x80_00_00) / 0x80_00_00;
  }
  return values;
}

/** Values of a made tensor lie evenly within `amplitude` of `center`; a negative one mirrors them. */
export interface MadeRule {
  readonly center: number;
  readonly amplitude: number;
}

/** Rules for tensors that are no matrix or convolution; the first that matches counts. */
const vectorRules: readonly (readonly [RegExp, MadeRule])[] = [
  [/norm.*\.weight$/, { center: 1, amplitude: 0.1 }],
  [/output_upscaling\.1\.weight$/, { center: 1, amplitude: 0.1 }],
  [/mask_downscaling\.[14]\.weight$/, { center: 1, amplitude: 0.1 }],
  [/mask_downsampler\.encoder\.(1|4|7|10)\.weight$/, { center: 1, amplitude: 0.1 }],
  // Layer scale; its published start of 1e-6 would switch the memory encoder's blocks off.
  [/\.gamma$/, { center: 0.3, amplitude: 0.1 }],
  // Scores of both signs: a little over what the last layer's other inputs make of tracked frames.
  [/pred_obj_score_head\.layers\.2\.bias$/, { center: 0.58, amplitude: 0.05 }],
  [/\.bias$/, { center: 0, amplitude: 0.05 }],
  [/positional_encoding_gaussian_matrix$/, { center: 0, amplitude: 1.7 }],
  [/pos_embed(_window)?$/, { center: 0, amplitude: 0.1 }],
  [/(embed|embeddings\.\d|tokens?)\.weight$/, { center: 0, amplitude: 1 }],
  [/./, { center: 0, amplitude: 0.3 }],
];

/**
 * How much more a layer's output spreads than its input, by module; the first that matches counts,
 * 1 where none does. They keep a loop over many frames from growing a difference in the last digit
 * and from forgetting one in the first: memory and pointers weigh about as much as the picture.
 */
const gains: readonly (readonly [RegExp, number])[] = [
  // Attention that tells tokens apart needs logits of some size.
  [/sam_mask_decoder\.transformer\.layers\.\d\.self_attn\.(q|k)_proj\.weight$/, 2.5],
  [/\.(q_proj|k_proj)\.weight$/, 1.5],
  [/\.attn\.qkv\.weight$/, 1.5],
  [/output_hypernetworks_mlps\.\d\.layers\.2\.weight$/, 2],
  [/cross_attn_image\.(v_proj|out_proj)\.weight$/, 2],
  [/obj_ptr_proj\.layers\.2\.weight$/, 2],
  // The mask is to count for more than the picture in what is remembered.
  [/memory_encoder\.mask_downsampler\.encoder\.12\.weight$/, 3],
  [/memory_encoder\.out_proj\.weight$/, 0.4],
  [/memory_encoder\.pix_feat_proj\.weight$/, 0.25],
  [/iou_prediction_head\.layers\.2\.weight$/, 4],
  // Negative, because with these names a prompted frame would score lower than a tracked one.
  [/pred_obj_score_head\.layers\.2\.weight$/, -8],
];

/**
 * The rule of a tensor. Matrices and convolutions get `amplitude = gain * sqrt(3 / fanIn)`, so that
 * an output spreads `gain` times as much as the inputs: `fanIn` is the product of all sides but
 * the first, or for transposed convolutions (`output_upscaling`) the first side. Everything else
 * goes by its name.
 */
export function madeRule(name: string, shape: readonly number[]): MadeRule {
  if (isLayer(name, shape)) {
    const fanIn = name.includes('output_upscaling')
      ? (shape[0] ?? 1)
      : shape.slice(1).reduce((product, side) => product * side, 1);
    const gain = gains.find(([pattern]) => pattern.test(name))?.[1] ?? 1;
    return { center: 0, amplitude: gain * Math.sqrt(3 / fanIn) };
  }
  const rule = vectorRules.find(([pattern]) => pattern.test(name))?.[1];
  if (rule === undefined) throw new Error(`no rule for ${name}`);
  return rule;
}

/** A matrix or convolution, not an embedding: those have weights of two sides as well. */
function isLayer(name: string, shape: readonly number[]): boolean {
  return (
    name.endsWith('.weight') &&
    shape.length >= 2 &&
    !/(embed|embeddings\.\d|tokens?)\.weight$/.test(name)
  );
}

function fnv1a(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01_00_01_93);
  }
  return hash >>> 0;
}

/** All tensors of a network with made weights, ready for a writer; made when they are written. */
export function madeCheckpoint(shapes: TensorShapes): WrittenTensor[] {
  return [...shapes].map(([name, shape]) => ({
    name,
    dtype: 'float32',
    shape,
    bytes: () => new Uint8Array(madeWeights(name, shape).buffer),
  }));
}
