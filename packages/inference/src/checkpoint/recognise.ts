import { RotoError } from '@roto/sdk/contract';
import {
  type Sam2Architecture,
  sam2Architectures,
  sam2Names,
} from '../engine/sam2/architecture.ts';
import { sam2Tensors, type TensorShapes } from '../engine/sam2/tensors.ts';
import { quoted } from './damage.ts';
import { hasTransformersNames, type StoredTensors, withOriginalNames } from './original-names.ts';
import { isWeightType } from './tensor-entry.ts';

/** A checkpoint's network, and its tensors under Meta's names. */
export interface Recognised {
  readonly architecture: Sam2Architecture;
  readonly tensors: StoredTensors;
}

/**
 * Which SAM 2.1 network a file holds, told by its tensors' names and shapes, all of which must
 * agree.
 * @param path of the file, for messages
 * @throws RotoError `model_unsupported` where it is another network, or none
 */
export function recognise(stored: StoredTensors, path: string): Recognised {
  const other = otherFamily(stored);
  if (other !== undefined) throw unsupported(path, other);
  const trunk = hasTransformersNames(stored) ? 'vision_encoder.backbone' : 'image_encoder.trunk';
  const embedDim = stored.get(`${trunk}.pos_embed`)?.shape[1];
  const blocks = countBlocks(stored, `${trunk}.blocks.`);
  const name = sam2Names.find((candidate) => {
    const { embedDim: dim, stages } = sam2Architectures[candidate];
    return dim === embedDim && stages.reduce((sum, count) => sum + count, 0) === blocks;
  });
  if (name === undefined) {
    throw unsupported(path, `an encoder of ${blocks} blocks with ${embedDim} channels`);
  }
  const architecture = sam2Architectures[name];
  const shapes = sam2Tensors(architecture);
  const tensors = hasTransformersNames(stored) ? withOriginalNames(stored, shapes) : stored;
  const difference = firstDifference(tensors, shapes);
  if (difference !== undefined) throw unsupported(path, `${name}, but ${difference}`);
  return { architecture, tensors };
}

/** Marks of networks that are mistaken for SAM 2.1, most telling first. */
const families: readonly (readonly [string, (names: StoredTensors) => boolean])[] = [
  ['no tensors', (names) => names.size === 0],
  ['SAM 3', (names) => has(names, /^(tracker(_model)?|detector(_model)?)\./)],
  ['EdgeTAM', (names) => has(names, /^(spatial_perceiver|image_encoder\.trunk\.body)\b/)],
  ['SAM 1', (names) => has(names, /^(image_encoder\.blocks|vision_encoder\.layers)\.\d/)],
  ['MobileSAM', (names) => has(names, /^image_encoder\.(layers\.\d|patch_embed\.seq)/)],
  ['SAM 2.0', isSam20],
  [
    'another network',
    (names) =>
      !names.has('image_encoder.trunk.pos_embed') &&
      !names.has('vision_encoder.backbone.pos_embed'),
  ],
];

function otherFamily(stored: StoredTensors): string | undefined {
  const family = families.find(([, is]) => is(stored))?.[0];
  if (family !== 'another network') return family;
  const [first = ''] = stored.keys();
  return `${family}, with tensors like ${quoted(first)}`;
}

/** SAM 2 without what 2.1 added: the embedding of absent objects. */
function isSam20(names: StoredTensors): boolean {
  return (
    (names.has('image_encoder.trunk.pos_embed') && !names.has('no_obj_embed_spatial')) ||
    (names.has('vision_encoder.backbone.pos_embed') &&
      !names.has('occlusion_spatial_embedding_parameter'))
  );
}

function has(names: StoredTensors, pattern: RegExp): boolean {
  for (const name of names.keys()) if (pattern.test(name)) return true;
  return false;
}

function countBlocks(stored: StoredTensors, prefix: string): number {
  const blocks = new Set<string>();
  for (const name of stored.keys()) {
    if (name.startsWith(prefix)) blocks.add(name.slice(prefix.length).split('.', 1)[0] ?? '');
  }
  return blocks.size;
}

/** What is not as the architecture has it, in words. */
function firstDifference(tensors: StoredTensors, shapes: TensorShapes): string | undefined {
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (tensor === undefined) return `without its tensor ${name}`;
    if (!isSame(tensor.shape, shape)) {
      return `its tensor ${name} is ${tensor.shape.join('x')}, not ${shape.join('x')}`;
    }
    if (!isWeightType(tensor.dtype)) return `its tensor ${name} is ${tensor.dtype}`;
  }
  for (const name of tensors.keys()) {
    if (!shapes.has(name)) return `with a tensor more, ${quoted(name)}`;
  }
  return undefined;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, index) => side === b[index]);
}

function unsupported(path: string, what: string): RotoError {
  return new RotoError(
    'model_unsupported',
    `Expected a checkpoint of ${sam2Names.join(', ')} but ${path} holds ${what}.`,
    {
      param: 'model',
      hint: 'roto pulls the right one: roto models pull sam2.1-tiny.',
    },
  );
}
