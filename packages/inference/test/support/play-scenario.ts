import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { FrameFeatures, Sam2Networks } from '../../src/engine/sam2/networks.ts';
import {
  type PredictedClip,
  type PredictedFrame,
  Sam2Predictor,
} from '../../src/engine/sam2/predictor.ts';
import { resolveRules } from '../../src/engine/sam2/presets.ts';
import { squarePicture } from '../../src/engine/sam2/square-picture.ts';
import { madeFrame, madeHeight, madeMask, madeWidth } from './made-clip.ts';

const whole = z.number().int().min(0);

const pointsStep = z.strictObject({
  do: z.literal('points'),
  frame: whole,
  object: whole,
  /** x, y in pixels of the frame, and 1 for the object or 0 for what is not. */
  points: z.array(z.tuple([z.number(), z.number(), z.literal([0, 1])])),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  /** Whether earlier points on the frame stay. */
  keep: z.boolean().default(false),
});

const maskStep = z.strictObject({
  do: z.literal('mask'),
  frame: whole,
  object: whole,
  mask: z.strictObject({ frame: whole, which: z.literal([0, 1]) }),
});

const propagateStep = z.strictObject({
  do: z.literal('propagate'),
  start: whole.optional(),
  most: whole.optional(),
  reverse: z.boolean().default(false),
});

const step = z.discriminatedUnion('do', [
  pointsStep,
  maskStep,
  propagateStep,
  z.strictObject({ do: z.literal('clear'), frame: whole, object: whole }),
  z.strictObject({ do: z.literal('remove'), object: whole }),
]);

const scenario = z.strictObject({
  name: z.string(),
  inputSize: whole,
  /** Frames of the made clip. */
  frames: whole.min(1),
  rules: z.strictObject({
    preset: z.literal(['benchmark', 'product']),
    fillHoleArea: whole.optional(),
    maxCondFrames: whole.optional(),
    memoryStride: whole.optional(),
    addAllFramesToCorrectAsCond: z.boolean().optional(),
  }),
  /** Added to every score that the decoder gives, in its weights. */
  scoreShift: z.number().default(0),
  steps: z.array(step),
});

/** Calls of a predictor that both sides make; `reference/scenario.py` is the other player. */
export type Scenario = z.infer<typeof scenario>;

export const scenarios: readonly Scenario[] = z
  .array(scenario)
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../sam2/scenarios.json'), 'utf8')));

/** One object's mask on one frame, as one call said it. */
export interface Said {
  /** Number of the call. */
  readonly step: number;
  readonly frame: number;
  readonly object: number;
  readonly logits: Float32Array;
  readonly score: number;
}

/** Frames that a scenario plays on, by number. */
export interface PlayedClip {
  readonly width: number;
  readonly height: number;
  /** Interleaved 8-bit RGB. */
  frame(index: number): Uint8Array;
  /** Where an object is, 0 or 1, for prompts by mask. */
  mask(index: number, which: 0 | 1): Uint8Array;
}

/** The clip of {@link file://./made-clip.ts}. */
export const madeClip: PlayedClip = {
  width: madeWidth,
  height: madeHeight,
  frame: madeFrame,
  mask: madeMask,
};

/** Every frame is encoded once by the same networks, whichever scenarios see it. */
export class EncodedClip {
  readonly #encoded = new Map<number, Promise<FrameFeatures>>();
  readonly #networks: Sam2Networks;
  readonly clip: PlayedClip;

  constructor(networks: Sam2Networks, clip: PlayedClip = madeClip) {
    this.#networks = networks;
    this.clip = clip;
  }

  features(index: number): Promise<FrameFeatures> {
    const known = this.#encoded.get(index);
    if (known !== undefined) return known;
    const { width, height } = this.clip;
    const picture = { width, height, rgb: this.clip.frame(index) };
    const encoded = this.#networks.encode(squarePicture(picture, this.#networks.inputSize));
    this.#encoded.set(index, encoded);
    return encoded;
  }
}

/** Plays a scenario with our predictor; what is said comes in the order of the reference's. */
export async function* playScenario(
  networks: Sam2Networks,
  encoded: EncodedClip,
  { frames, rules, steps }: Pick<Scenario, 'frames' | 'rules' | 'steps'>,
): AsyncGenerator<Said, void, void> {
  const { width, height } = encoded.clip;
  const clip: PredictedClip = {
    width,
    height,
    frameCount: frames,
    features: (index) => encoded.features(index),
  };
  const { preset, ...parts } = rules;
  const given = Object.entries(parts).filter(([, part]) => part !== undefined);
  const predictor = new Sam2Predictor(
    networks,
    resolveRules({ preset, ...Object.fromEntries(given) }),
    clip,
  );
  for (const [number, one] of steps.entries()) {
    for await (const said of saidBy(predictor, encoded.clip, one)) {
      for (const [object, { mask, score }] of said.masks) {
        yield { step: number, frame: said.index, object, logits: mask, score };
      }
    }
  }
}

async function* saidBy(
  predictor: Sam2Predictor,
  { width, height, mask }: PlayedClip,
  one: Scenario['steps'][number],
): AsyncGenerator<PredictedFrame, void, void> {
  switch (one.do) {
    case 'points': {
      const points = one.points.map(([x, y, label]) => ({
        x,
        y,
        label: label === 1 ? ('positive' as const) : ('negative' as const),
      }));
      const [x1, y1, x2, y2] = one.box ?? [0, 0, 0, 0];
      const prompt = one.box === undefined ? { points } : { points, box: { x1, y1, x2, y2 } };
      yield await predictor.addPoints(one.frame, one.object, prompt, one.keep);
      break;
    }
    case 'mask': {
      const data = mask(one.mask.frame, one.mask.which).map((is) => 255 * is);
      yield await predictor.addMask(one.frame, one.object, { width, height, data });
      break;
    }
    case 'propagate':
      yield* predictor.propagate({
        ...(one.start === undefined ? {} : { start: one.start }),
        ...(one.most === undefined ? {} : { most: one.most }),
        direction: one.reverse ? 'backward' : 'forward',
      });
      break;
    case 'clear':
      yield predictor.clearPrompts(one.frame, one.object);
      break;
    case 'remove':
      predictor.removeObject(one.object);
      break;
  }
}
