import type {
  DecodedMasks,
  DecoderPrompt,
  FrameFeatures,
  MaskToRemember,
  ObjectBank,
  Sam2Networks,
} from '../../src/engine/sam2/networks.ts';
import { floatInput, type NetworkValue } from '../../src/ort/tensor.ts';

/** One call of a network, as far as the state machine decides it. */
export type NetworkCall =
  | { readonly kind: 'encode' }
  | { readonly kind: 'attend'; readonly banks: readonly ObjectBank[] }
  | {
      readonly kind: 'decode';
      readonly prompts: readonly DecoderPrompt[];
      /** Whether the image was as encoded, with the "no memory" vector, or attended. */
      readonly image: 'raw' | 'without memory' | 'attended';
    }
  | { readonly kind: 'encodeMemory'; readonly masks: readonly MaskToRemember[] };

/** What the decoder is to say, given a number that depends on all it saw. */
export type Decode = (seed: number) => Partial<DecodedMasks>;

const side = 64;
const [maskLength, tokensLength] = [(side / 4) ** 2, (side / 16) ** 2 * 64];

/**
 * Networks of a 64-pixel square without weights: every value is a hash of everything that went into
 * it, so two are equal only where the whole way to them was. Calls are written down.
 */
export class FakeSam2Networks implements Sam2Networks {
  readonly inputSize = side;
  readonly vectors = { noObjectPointer: new Float32Array(256).fill(-7) };
  readonly calls: NetworkCall[] = [];
  /** Set to make the decoder say something else. */
  says: Decode = () => ({});

  async encode(square: Uint8Array): Promise<FrameFeatures> {
    this.calls.push({ kind: 'encode' });
    const seed = mixAll(1, square);
    const [fine, middle, image, imageWithoutMemory] = [seed, seed + 1, seed + 2, seed + 3].map(
      (value) => floatInput(Float32Array.of(small(value)), [1]),
    );
    if (!fine || !middle || !image || !imageWithoutMemory) throw new Error('unreachable');
    return { fine, middle, image, imageWithoutMemory, bytes: 100 };
  }

  async attend(features: FrameFeatures, banks: readonly ObjectBank[]): Promise<NetworkValue> {
    this.calls.push({ kind: 'attend', banks });
    const seeds = banks.map(({ blocks, pointers }) => {
      let seed = mixAll(2, valuesOf(features.image));
      for (const { tokens, row } of blocks) seed = mixAll(mixAll(seed, [row]), tokens);
      for (const { pointer, position } of pointers) {
        seed = mixAll(mixAll(seed, [position]), pointer);
      }
      return small(seed);
    });
    return floatInput(Float32Array.from(seeds), [seeds.length]);
  }

  async decode(
    features: FrameFeatures,
    image: NetworkValue,
    prompts: readonly DecoderPrompt[],
  ): Promise<readonly DecodedMasks[]> {
    this.calls.push({ kind: 'decode', prompts, image: imageKind(features, image) });
    const images = valuesOf(image);
    return prompts.map(({ points, mask }, i) => {
      const said = points.flatMap(({ x, y, label }) => [x, y, label]);
      const start = mixAll(3, [images[i] ?? images[0] ?? 0, ...said]);
      const seed = mixAll(start, mask ?? [0.5]);
      return {
        masks: [0, 1, 2, 3].map((k) => noise(seed + k, maskLength)),
        ious: noise(seed + 4, 4),
        pointers: [5, 6, 7, 8].map((k) => noise(seed + k, 256)),
        score: 1,
        ...this.says(seed),
      };
    });
  }

  async shrinkMask(mask: Float32Array): Promise<Float32Array> {
    return noise(mixAll(4, mask), maskLength);
  }

  async encodeMemory(
    features: FrameFeatures,
    masks: readonly MaskToRemember[],
  ): Promise<readonly Float32Array[]> {
    this.calls.push({ kind: 'encodeMemory', masks });
    return masks.map(({ logits, binary, present }) => {
      const start = mixAll(5, [...valuesOf(features.image), Number(binary), Number(present)]);
      return noise(mixAll(start, logits), tokensLength);
    });
  }

  seconds(): Readonly<Record<string, number>> {
    return {};
  }

  async dispose(): Promise<void> {
    this.calls.length = 0;
  }

  /** The calls of one kind. */
  of<Kind extends NetworkCall['kind']>(kind: Kind): Extract<NetworkCall, { kind: Kind }>[] {
    return this.calls.filter(
      (call): call is Extract<NetworkCall, { kind: Kind }> => call.kind === kind,
    );
  }
}

function imageKind({ image, imageWithoutMemory }: FrameFeatures, given: NetworkValue) {
  if (given === image) return 'raw';
  return given === imageWithoutMemory ? 'without memory' : 'attended';
}

function valuesOf({ data }: NetworkValue): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError('Expected float32 values.');
}

function mix(state: number, bits: number): number {
  return Math.imul((state ^ bits) >>> 0, 16_777_619) >>> 0;
}

function mixAll(state: number, values: Iterable<number>): number {
  const word = new Float32Array(1);
  const bits = new Uint32Array(word.buffer);
  let mixed = state;
  for (const value of values) {
    word[0] = value;
    mixed = mix(mixed, bits[0] ?? 0);
    mixed ^= mixed >>> 15;
  }
  return mixed >>> 0;
}

/** A seed as a number that float32 holds. */
function small(seed: number): number {
  return (seed & 0xffff) / 256;
}

/** Values in -8..8, not of any structure. */
function noise(seed: number, length: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 20 - 8;
  });
}
