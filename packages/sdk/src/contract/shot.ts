import { z } from 'zod';
import { FrameNumber, FrameRange, FrameRate } from './frames.ts';
import { FramePrompt } from './prompts.ts';

/** Where the plate is and how its frames are counted. */
export const ShotSource = z.strictObject({
  /** A movie, a folder, or a sequence pattern (`plate.####.exr`); relative to the document. */
  path: z.string().min(1),
  /** Number given to the first frame; prompts and ranges use the new numbers. */
  startFrame: FrameNumber.optional(),
  /** Rate of a numbered sequence; a movie has its own. */
  rate: FrameRate.optional(),
  range: FrameRange.optional(),
  /** What a missing frame of a sequence becomes. */
  missingFrames: z.enum(['error', 'hold', 'black']).default('error'),
  /** `auto`: EXR is linear Rec.709, everything else is display-referred as it says itself. */
  inputColorspace: z.enum(['auto', 'srgb', 'linear-rec709', 'acescg']).default('auto'),
  /** Stops added before a linear plate is shown to the model. */
  exposure: z.number().min(-20).max(20).default(0),
});
export type ShotSource = z.infer<typeof ShotSource>;

/** Frames of an object that stay as these prompts made them, whatever is prompted elsewhere. */
export const LockedRange = z.strictObject({
  first: FrameNumber,
  last: FrameNumber,
  prompts: z.array(FramePrompt).min(1),
});
export type LockedRange = z.infer<typeof LockedRange>;

/** One object to cut out. */
export const ShotObject = z.strictObject({
  id: z.int().positive(),
  /** File name part: letters, digits, `-` and `_`, first a letter or digit. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
    error:
      'Expected an object name of letters, digits, - and _, at most 64, starting with a letter or digit',
  }),
  color: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .optional(),
  prompts: z.array(FramePrompt).default([]),
  locked: z.array(LockedRange).default([]),
});
export type ShotObject = z.infer<typeof ShotObject>;

export const EngineName = z.enum(['auto', 'lite', 'sam2']);
export type EngineName = z.infer<typeof EngineName>;

/** `auto`, `cpu`, `cuda` or `cuda:N`. */
export const DeviceName = z.string().regex(/^(auto|cpu|cuda(:\d{1,2})?)$/, {
  error: 'Expected auto, cpu, cuda or cuda:N as the device',
});

/**
 * How hard the engine works, in steps. For the sam2 engine they are the sizes of its model: tiny,
 * small, base-plus and large; the lite engine knows `draft` and `standard` only.
 */
export const Quality = z.enum(['draft', 'standard', 'high', 'max']);
export type Quality = z.infer<typeof Quality>;

/** The model of the sam2 engine for each quality. */
export const qualityModels = {
  draft: 'sam2.1-tiny',
  standard: 'sam2.1-small',
  high: 'sam2.1-base-plus',
  max: 'sam2.1-large',
} as const satisfies Record<Quality, string>;

/** The model of the lite engine. */
export const liteModel = 'mobilesam';

/**
 * How trackers of the sam2 engine work. Each has its value from the preset unless said; the lite
 * engine has none of them.
 */
const presetParts = {
  /** Holes of the low-resolution mask of at most this many cells are filled; 0 fills none. */
  fillHoleArea: z.int().min(0).max(65_536),
  /** Frames in memory that a frame attends to, one prompted frame included. */
  memoryFrames: z.int().min(1).max(7),
  /** Distance in frames of the memories before the last one. */
  memoryStride: z.int().min(1).max(100),
  /** Prompted frames attended to at most, the nearest in time; 0 for all, and never only one. */
  maxCondFrames: z
    .int()
    .min(0)
    .max(1000)
    .refine((count) => count !== 1, {
      error: 'Expected 0 for all prompted frames, or 2 or more',
    }),
  /** Whether a mask that small changes of its threshold change gives way to the best of three. */
  multimaskByStability: z.boolean(),
  /** A mask is stable if nearly all that lies above -delta lies above delta, in logits. */
  stabilityDelta: z.number().min(0).max(10),
  /** How much "nearly all" is. */
  stabilityThreshold: z.number().min(0).max(1),
  /** Whether prompted frames are remembered as 0 and 1 rather than through the sigmoid. */
  binarizeMaskFromPoints: z.boolean(),
  /**
   * `span`: a prompt changes the frames up to the prompted ones beside it. `all`: it changes every
   * frame, which is tracked once with all prompted frames in memory.
   */
  retrack: z.enum(['span', 'all']),
};

/** Names of the parts of a preset that a shot may choose apart. */
export const presetPartNames = Object.freeze(
  // biome-ignore lint/plugin: Object.keys forgets the names, and a plain object has no others
  Object.keys(presetParts) as (keyof typeof presetParts)[],
);

/** Whether `model` is the path of a checkpoint rather than the name of a model. */
export function isModelPath(model: string): boolean {
  return /[\\/]|\.(pt|pth|safetensors)$/i.test(model);
}

/** Which engine tracks, and how hard it works. */
export const ShotEngine = z.strictObject({
  name: EngineName.default('auto'),
  /** Name of a model, or path of a checkpoint; relative to the document. */
  model: z.string().min(1).optional(),
  device: DeviceName.default('auto'),
  /** `normal` is an older word for `standard`. */
  quality: z
    .enum([...Quality.options, 'normal'])
    .transform((quality): Quality => (quality === 'normal' ? 'standard' : quality))
    .default('standard'),
  /**
   * Side of the square the engine looks at, in pixels, for sam2 a multiple of 32; the engine's own
   * unless said.
   */
  inputSize: z.int().min(256).max(2048).optional(),
  /**
   * Numbers that sam2 computes in; unless said `fp32` on the CPU and float16 on CUDA. `int8` is for
   * the CPU, a fifth quicker, and its masks are a little different.
   */
  precision: z.enum(['fp32', 'int8']).optional(),
  direction: z.enum(['forward', 'backward', 'both']).default('both'),
  /**
   * `product`: as good and as quick as may be. `benchmark`: SAM 2 as its authors measure it, with
   * nothing done to its masks afterwards.
   */
  preset: z.enum(['product', 'benchmark']).default('product'),
  ...z.object(presetParts).partial().shape,
});
export type ShotEngine = z.infer<typeof ShotEngine>;

/** Matte work after tracking, in the order it is applied. Lengths are in pixels of the plate. */
export const ShotMatte = z.strictObject({
  /** Removes islands smaller than this many pixels. */
  despeckle: z.int().min(0).max(10_000_000).default(0),
  /** Fills holes smaller than this many pixels. */
  fillHoles: z.int().min(0).max(10_000_000).default(0),
  /** Positive shrinks the matte, negative grows it. */
  choke: z.number().min(-100).max(100).default(0),
  /** Standard deviation of the blur of the edge. */
  feather: z.number().min(0).max(200).default(0),
  /** `soft`: edge-aware alpha; `hard`: 0 or 1. */
  edge: z.enum(['soft', 'hard']).default('soft'),
});
export type ShotMatte = z.infer<typeof ShotMatte>;

/** Every output format there is. */
export const outputFormats = [
  'png8',
  'png16',
  'tiff16',
  'rgba',
  'luma',
  'prores4444',
  'webm',
  'greenscreen',
  'rle',
  'logits',
] as const;
export const OutputFormat = z.enum(outputFormats);
export type OutputFormat = z.infer<typeof OutputFormat>;

/** One kind of file to write, for every object (`greenscreen`: for all objects together). */
export const ShotOutput = z.strictObject({
  format: OutputFormat,
  /** Colour beside alpha is multiplied by it. `rgba`, `prores4444` and `webm` only. */
  premultiplied: z.boolean().default(false),
  /** Screen colour. `greenscreen` only. */
  color: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default('#00b140'),
  /** Takes the screen's and the plate background's colour out of the edge. */
  despill: z.boolean().default(false),
});
export type ShotOutput = z.infer<typeof ShotOutput>;

/** The shot document, `*.roto.json`: everything that decides what the mattes are. */
export const Shot = z.strictObject({
  schema: z.literal('roto.shot/1'),
  source: ShotSource,
  objects: z.array(ShotObject).min(1),
  engine: ShotEngine.prefault({}),
  matte: ShotMatte.prefault({}),
  outputs: z.array(ShotOutput).default([]),
});
export type Shot = z.infer<typeof Shot>;
/** A shot as a person writes it: what has a default may be left out. */
export type ShotInput = z.input<typeof Shot>;
