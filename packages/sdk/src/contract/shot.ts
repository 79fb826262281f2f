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

/** Which engine tracks, and how hard it works. */
export const ShotEngine = z.strictObject({
  name: EngineName.default('auto'),
  model: z.string().min(1).optional(),
  device: DeviceName.default('auto'),
  /** `draft` trades a little accuracy for about twice the speed. */
  quality: z.enum(['draft', 'normal']).default('normal'),
  /** Side of the square the engine looks at, in pixels; the engine's own unless said. */
  inputSize: z.int().min(256).max(2048).optional(),
  direction: z.enum(['forward', 'backward', 'both']).default('both'),
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
