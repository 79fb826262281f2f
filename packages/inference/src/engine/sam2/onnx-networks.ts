import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { writeModel } from '../../onnx/write-model.ts';
import { hasByteDotProducts } from '../../ort/cpu.ts';
import { createNetwork, type Network, resultFloats } from '../../ort/session.ts';
import { byteInput, floatInput, halfInput, intInput, type NetworkValue } from '../../ort/tensor.ts';
import { guardCache } from '../../track/cache-failure.ts';
import { holdStore } from '../../track/hold-store.ts';
import { sam2Architectures, sam2Sizes } from './architecture.ts';
import { unpackBfloat16 } from './bfloat16.ts';
import { packFloat16 } from './float16.ts';
import { buildImageEncoder, type ImageEncoderOptions } from './graph/image-encoder.ts';
import { buildMaskDecoder } from './graph/mask-decoder.ts';
import { buildMemoryAttention } from './graph/memory-attention.ts';
import { buildMemoryEncoder } from './graph/memory-encoder.ts';
import { buildMaskPrompt } from './graph/prompt-encoder.ts';
import type { Precision } from './graph/sam2-graph.ts';
import { buildTrackFrame } from './graph/track-frame.ts';
import type {
  DecodedMasks,
  DecoderPrompt,
  FrameFeatures,
  MaskToRemember,
  ObjectBank,
  Sam2Networks,
  Sam2Vectors,
  StoredBank,
  TrackedMask,
} from './networks.ts';
import { shrinkMask } from './shrink-mask.ts';
import { makeDerivedFile } from './weights/derived-file.ts';
import { derivedFolder } from './weights/derived-folder.ts';
import { commonFolder, placeWeights, type WeightFiles } from './weights/place-weights.ts';
import { WeightPlan } from './weights/weight-plan.ts';

const { dim, memoryDim, maskTokens } = sam2Sizes;
/** Tokens of memory that an object pointer becomes. */
const pointerTokens = dim / memoryDim;

export interface Sam2NetworkOptions {
  /** Open; it may be closed once the networks are there, but must stay where it is. */
  readonly checkpoint: Checkpoint;
  /** Side of the square picture in pixels: a multiple of 32, 1024 as trained. */
  readonly inputSize: number;
  /** Absolute path of the cache folder, where derived weights are kept. */
  readonly cacheDir: string;
  /** `cpu` (the default), `cuda` or `cuda:N`. */
  readonly device?: string;
  /**
   * `int8` has the linear layers of the image encoder's trunk in bytes, and needs a processor with
   * byte dot products; `fp16` is for CUDA. `fp32` unless said.
   */
  readonly precision?: Precision;
  /**
   * Whether there is one network more, for all of a tracked frame: on CUDA unless said. It holds
   * the weights a second time.
   */
  readonly fused?: boolean;
  /** Threads of one operator; the number of cores this process may use unless said. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

type NetworkName = 'encode' | 'attend' | 'decode' | 'embedMask' | 'encodeMemory' | 'trackFrame';

/** Counts changes of what derived weights hold under an unchanged name and shape. */
const weightsVersion = 1;

/**
 * SAM 2.1 in onnxruntime, straight from a checkpoint: its weights are mapped from where they lie;
 * those that need another form are made once and kept in the cache folder.
 *
 * @throws RotoError `invalid_argument` for a size that is no multiple of 32 or a precision that this
 * processor does not have, `model_missing`, `model_corrupt`, `device_unavailable`, `out_of_memory`,
 * `interrupted`, or what the cache folder fails with
 */
export async function createSam2Networks(options: Sam2NetworkOptions): Promise<Sam2Networks> {
  const { checkpoint, inputSize, precision = 'fp32' } = options;
  checkOptions(inputSize, precision);
  const plan = new WeightPlan(checkpoint.tensors, precision === 'fp16' ? 'float16' : 'float32');
  const models = buildModels(plan, options);
  const files = await weightFiles(options, plan);
  // Where nothing can be written, nothing can be cleared either.
  const release = await holdStore(dirname(files.derived)).catch(() => async () => {});
  const networks = new Map<NetworkName, Network>();
  try {
    await makeDerivedFile({
      path: files.derived,
      weights: plan.derivedWeights,
      read: (name) => checkpoint.read(name),
      signal: options.signal,
    });
    for (const [name, planned] of models) {
      const model = writeModel(placeWeights(planned, files));
      const network = await createNetwork(model, {
        name: `${checkpoint.architecture}, ${name}`,
        weightsFolder: commonFolder(files),
        ...(options.device === undefined ? {} : { device: options.device }),
        ...(options.threads === undefined ? {} : { threads: options.threads }),
      });
      networks.set(name, network);
    }
    const learned = await readLearned(checkpoint);
    return new OnnxNetworks({ inputSize, precision, release }, networks, learned);
  } catch (error) {
    for (const network of networks.values()) await network.dispose();
    await release();
    throw error;
  }
}

function buildModels(
  plan: WeightPlan,
  options: Sam2NetworkOptions,
): ReadonlyMap<NetworkName, OnnxModel> {
  const { checkpoint, inputSize: size, precision = 'fp32', device = 'cpu' } = options;
  const onCuda = device.startsWith('cuda');
  const encoder: ImageEncoderOptions = {
    architecture: sam2Architectures[checkpoint.architecture],
    size,
    precision,
    // Strips keep values in a processor's cache; a graphics card wants all of the picture.
    ...(onCuda ? { stripValues: Number.POSITIVE_INFINITY } : {}),
  };
  const models = new Map<NetworkName, OnnxModel>([
    ['encode', buildImageEncoder(plan, encoder)],
    ['attend', buildMemoryAttention(plan, size)],
    ['decode', buildMaskDecoder(plan, size)],
    ['embedMask', buildMaskPrompt(plan, size)],
    ['encodeMemory', buildMemoryEncoder(plan, size)],
  ]);
  if (options.fused ?? onCuda) models.set('trackFrame', buildTrackFrame(plan, encoder));
  return models;
}

function checkOptions(inputSize: number, precision: Precision): void {
  if (!Number.isSafeInteger(inputSize) || inputSize < 32 || inputSize % 32 !== 0) {
    throw new RotoError(
      'invalid_argument',
      `Expected an input size that is a multiple of 32 but received ${inputSize}.`,
      { param: 'inputSize' },
    );
  }
  if (precision === 'int8' && !hasByteDotProducts()) {
    throw new RotoError(
      'invalid_argument',
      'Expected a processor with byte dot products (VNNI, or dotprod of ARM) for precision int8.',
      { param: 'precision', hint: 'Use fp32.' },
    );
  }
}

/**
 * Real paths of the files of weights: a link may lead out of the folder that the runtime reads them
 * from. The derived file is named after all that its bytes depend on.
 */
async function weightFiles(options: Sam2NetworkOptions, plan: WeightPlan): Promise<WeightFiles> {
  const { checkpoint, inputSize, precision = 'fp32', cacheDir, signal } = options;
  const layout = plan.derivedWeights.map(({ name, dims }) => [name, dims]);
  const version = createHash('sha256')
    .update(JSON.stringify([weightsVersion, layout]))
    .digest('hex');
  const sha256 = await checkpoint.sha256(signal);
  const name = `${sha256.slice(0, 32)}-${inputSize}-${precision}-${version.slice(0, 8)}.bin`;
  const folder = derivedFolder(cacheDir);
  await guardCache(cacheDir, () => mkdir(folder, { recursive: true }));
  return {
    checkpoint: await realPath(checkpoint.path),
    derived: join(await realpath(folder), name),
  };
}

async function realPath(checkpoint: string): Promise<string> {
  try {
    return await realpath(checkpoint);
  } catch (cause) {
    throw new RotoError('model_missing', `Expected a checkpoint at ${checkpoint}: it is gone.`, {
      param: 'model',
      cause,
    });
  }
}

/** Small weights that are used outside of graphs. */
interface Learned {
  readonly vectors: Sam2Vectors;
  readonly noMask: Float32Array;
  readonly shrinkWeight: Float32Array;
  readonly shrinkBias: number;
}

async function readLearned(checkpoint: Checkpoint): Promise<Learned> {
  const [shrinkBias = 0] = await checkpoint.read('mask_downsample.bias');
  return {
    vectors: { noObjectPointer: await checkpoint.read('no_obj_ptr') },
    noMask: await checkpoint.read('sam_prompt_encoder.no_mask_embed.weight'),
    shrinkWeight: await checkpoint.read('mask_downsample.weight'),
    shrinkBias,
  };
}

class OnnxNetworks implements Sam2Networks {
  readonly inputSize: number;
  readonly #networks: ReadonlyMap<NetworkName, Network>;
  readonly #learned: Learned;
  readonly #seconds = new Map<string, number>();
  readonly #maps: MapValues;
  /** Of the derived weights, which are in use until then. */
  readonly #release: () => Promise<void>;
  readonly trackFrame?: NonNullable<Sam2Networks['trackFrame']>;

  constructor(
    options: {
      readonly inputSize: number;
      readonly precision: Precision;
      readonly release: () => Promise<void>;
    },
    networks: ReadonlyMap<NetworkName, Network>,
    learned: Learned,
  ) {
    this.inputSize = options.inputSize;
    this.#networks = networks;
    this.#learned = learned;
    this.#release = options.release;
    this.#maps = options.precision === 'fp16' ? halfMaps() : floatMaps;
    if (networks.has('trackFrame')) {
      this.trackFrame = (square, banks) => this.#trackFrame(square, banks);
    }
  }

  get vectors(): Sam2Vectors {
    return this.#learned.vectors;
  }

  async encode(square: Uint8Array): Promise<FrameFeatures> {
    const outputs = ['fine', 'middle', 'image', 'image_without_memory'];
    const results = await this.#run('encode', { pixels: this.#pixels(square) }, outputs);
    const [fine, middle, image, imageWithoutMemory] = outputs.map((name) =>
      resultValue(results, name),
    );
    if (!fine || !middle || !image || !imageWithoutMemory) throw new RangeError('Missing features');
    const bytes = [fine, middle, image, imageWithoutMemory].reduce(
      (sum, { size: count }) => sum + 4 * count,
      0,
    );
    return { fine, middle, image, imageWithoutMemory, bytes };
  }

  async attend(features: FrameFeatures, banks: readonly ObjectBank[]): Promise<NetworkValue> {
    const maps = banks.flatMap((bank) => bank.blocks.map(({ tokens }) => tokens));
    const results = await this.#run(
      'attend',
      {
        image: features.image,
        maps: floatInput(joined(maps), this.#mapSides(banks)),
        ...bankInputs(banks),
      },
      ['remembered'],
    );
    return resultValue(results, 'remembered');
  }

  async #trackFrame(
    square: Uint8Array,
    banks: readonly StoredBank[],
  ): Promise<readonly TrackedMask[]> {
    const maps = banks.flatMap((bank) => bank.blocks.map(({ tokens }) => tokens));
    const results = await this.#run(
      'trackFrame',
      {
        pixels: this.#pixels(square),
        maps: this.#maps(maps, this.#mapSides(banks)),
        ...bankInputs(banks),
      },
      ['mask', 'pointer', 'score', 'ious', 'memory'],
    );
    const of = (name: string, object: number) => {
      const values = resultFloats(results, name);
      const length = values.length / banks.length;
      return values.slice(object * length, (object + 1) * length);
    };
    return banks.map((_, object) => ({
      mask: of('mask', object),
      pointer: of('pointer', object),
      score: of('score', object)[0] ?? Number.NaN,
      ious: of('ious', object),
      memory: of('memory', object),
    }));
  }

  #pixels(square: Uint8Array): NetworkValue {
    const size = this.inputSize;
    if (square.length !== 3 * size * size) {
      throw new RotoError('internal', `Expected ${3 * size * size} bytes of a square picture.`);
    }
    return byteInput(square, [1, size, size, 3]);
  }

  #mapSides(banks: readonly { readonly blocks: readonly unknown[] }[]): readonly number[] {
    const area = (this.inputSize / 16) ** 2;
    return [banks.length, banks[0]?.blocks.length ?? 0, area, memoryDim];
  }

  async decode(
    features: FrameFeatures,
    image: NetworkValue,
    prompts: readonly DecoderPrompt[],
  ): Promise<readonly DecodedMasks[]> {
    const { points, labels } = pointInputs(prompts);
    const results = await this.#run(
      'decode',
      {
        points,
        labels,
        image,
        dense: await this.#denseInput(prompts),
        fine: features.fine,
        middle: features.middle,
      },
      ['masks', 'ious', 'object_pointers', 'score'],
    );
    const masks = resultFloats(results, 'masks');
    const ious = resultFloats(results, 'ious');
    const pointers = resultFloats(results, 'object_pointers');
    const scores = resultFloats(results, 'score');
    const area = (this.inputSize / 4) ** 2;
    return prompts.map((_, object) => ({
      masks: rowsOf(masks, area, object),
      ious: ious.slice(object * maskTokens, (object + 1) * maskTokens),
      pointers: rowsOf(pointers, dim, object),
      score: scores[object] ?? Number.NaN,
    }));
  }

  async shrinkMask(mask: Float32Array): Promise<Float32Array> {
    return shrinkMask(mask, this.#learned.shrinkWeight, this.#learned.shrinkBias);
  }

  async encodeMemory(
    features: FrameFeatures,
    masks: readonly MaskToRemember[],
  ): Promise<readonly Float32Array[]> {
    const side = this.inputSize / 4;
    const flags = (is: (mask: MaskToRemember) => boolean) =>
      floatInput(
        Float32Array.from(masks, (mask) => (is(mask) ? 1 : 0)),
        [masks.length, 1, 1, 1],
      );
    const results = await this.#run(
      'encodeMemory',
      {
        image: features.image,
        logits: floatInput(joined(masks.map(({ logits }) => logits)), [
          masks.length,
          1,
          side,
          side,
        ]),
        binary: flags((mask) => mask.binary),
        absent: flags((mask) => !mask.present),
      },
      ['memory'],
    );
    const memory = resultFloats(results, 'memory');
    const length = memory.length / masks.length;
    return masks.map((_, object) => memory.slice(object * length, (object + 1) * length));
  }

  seconds(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#seconds);
  }

  async dispose(): Promise<void> {
    for (const network of this.#networks.values()) await network.dispose();
    await this.#release();
  }

  /** Mask prompts embedded; for objects without one, or where there is none at all, the learned "no mask". */
  async #denseInput(prompts: readonly DecoderPrompt[]): Promise<NetworkValue> {
    const { noMask } = this.#learned;
    const given = prompts.flatMap(({ mask }) => (mask === undefined ? [] : [mask]));
    if (given.length === 0) return floatInput(noMask, [1, dim, 1, 1]);
    const side = this.inputSize / 4;
    const logits = floatInput(joined(given), [given.length, 1, side, side]);
    const results = await this.#run('embedMask', { logits }, ['dense']);
    if (given.length === prompts.length) return resultValue(results, 'dense');
    const area = (this.inputSize / 16) ** 2;
    const embedded = resultFloats(results, 'dense');
    const dense = new Float32Array(prompts.length * dim * area);
    let from = 0;
    prompts.forEach(({ mask }, object) => {
      const target = dense.subarray(object * dim * area, (object + 1) * dim * area);
      if (mask === undefined) {
        noMask.forEach((value, channel) => {
          target.fill(value, channel * area, (channel + 1) * area);
        });
      } else {
        target.set(embedded.subarray(from, from + dim * area));
        from += dim * area;
      }
    });
    return floatInput(dense, [prompts.length, dim, this.inputSize / 16, this.inputSize / 16]);
  }

  async #run(
    name: NetworkName,
    feeds: Readonly<Record<string, NetworkValue>>,
    wanted: readonly string[],
  ): Promise<Readonly<Record<string, NetworkValue>>> {
    const network = this.#networks.get(name);
    if (network === undefined) throw new RangeError(`No network ${name}`);
    const start = performance.now();
    try {
      return await network.run(feeds, wanted);
    } finally {
      const seconds = (performance.now() - start) / 1000;
      this.#seconds.set(name, (this.#seconds.get(name) ?? 0) + seconds);
    }
  }
}

/** What the memory of objects is beside the maps. */
function bankInputs(
  banks: readonly (ObjectBank | StoredBank)[],
): Readonly<Record<'rows' | 'pointers' | 'positions', NetworkValue>> {
  const [first] = banks;
  const pointers = banks.flatMap((bank) => bank.pointers);
  const tokens = pointerTokens * (first?.pointers.length ?? 0);
  return {
    rows: intInput(
      banks.flatMap((bank) => bank.blocks.map(({ row }) => row)),
      [banks.length, first?.blocks.length ?? 0],
    ),
    pointers: floatInput(joined(pointers.map(({ pointer }) => pointer)), [
      banks.length,
      tokens,
      memoryDim,
    ]),
    positions: floatInput(
      Float32Array.from(
        pointers.flatMap(({ position }) => Array<number>(pointerTokens).fill(position)),
      ),
      [banks.length, tokens],
    ),
  };
}

/** Maps of memory in bfloat16 as a network takes them. */
type MapValues = (maps: readonly Uint16Array[], sides: readonly number[]) => NetworkValue;

const floatMaps: MapValues = (maps, sides) => floatInput(joined(maps.map(unpackBfloat16)), sides);

/** Each map is attended to by many frames: it is converted once. */
function halfMaps(): MapValues {
  const known = new WeakMap<Uint16Array, Uint16Array>();
  const half = (map: Uint16Array) => {
    const made = known.get(map) ?? packFloat16(unpackBfloat16(map));
    known.set(map, made);
    return made;
  };
  return (maps, sides) => {
    const length = maps[0]?.length ?? 0;
    const all = new Uint16Array(maps.length * length);
    for (const [index, map] of maps.entries()) all.set(half(map), index * length);
    return halfInput(all, sides);
  };
}

/**
 * Points and labels of all objects, and after them one of padding; an object without points has two
 * of padding, as the reference gives it.
 */
function pointInputs(prompts: readonly DecoderPrompt[]): {
  points: NetworkValue;
  labels: NetworkValue;
} {
  const padding = { x: 0, y: 0, label: -1 };
  const padded = prompts.map(({ points }) =>
    points.length === 0 ? [padding, padding] : [...points, padding],
  );
  const count = padded[0]?.length ?? 0;
  const all = padded.flat();
  return {
    points: floatInput(Float32Array.from(all.flatMap(({ x, y }) => [x, y])), [
      prompts.length,
      count,
      2,
    ]),
    labels: intInput(
      all.map(({ label }) => label),
      [prompts.length, count],
    ),
  };
}

function resultValue(results: Readonly<Record<string, NetworkValue>>, name: string): NetworkValue {
  const value = results[name];
  if (value === undefined)
    throw new RotoError('engine_failed', `The neural network gave no "${name}".`);
  return value;
}

/** Arrays after each other; one alone is not copied. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Copies of the rows of one object in [objects][4][length]. */
function rowsOf(values: Float32Array, length: number, object: number): Float32Array[] {
  return Array.from({ length: maskTokens }, (_, row) => {
    const at = (object * maskTokens + row) * length;
    return values.slice(at, at + length);
  });
}
