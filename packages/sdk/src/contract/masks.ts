import { z } from 'zod';
import { FrameNumber, FrameRange } from './frames.ts';
import { RunIdentity } from './result.ts';
import { OutputFormat, Quality, ShotMatte, ShotOutput } from './shot.ts';

const coordinate = z.number().min(-1_000_000).max(1_000_000);
const Pair = z.tuple([coordinate, coordinate]);

/** Clicks on one object, `[x, y]` in pixels of the displayed picture. */
export const ClickPoints = z
  .strictObject({
    positive: z.array(Pair).max(1000).default([]),
    negative: z.array(Pair).max(1000).default([]),
  })
  .meta({ id: 'ClickPoints', description: 'Clicks on one object, in pixels of the picture.' });
export type ClickPoints = z.infer<typeof ClickPoints>;

/** A box round one object, in pixels of the displayed picture. */
export const ClickBox = z
  .strictObject({
    x: coordinate,
    y: coordinate,
    w: z.number().positive().max(1_000_000),
    h: z.number().positive().max(1_000_000),
  })
  .meta({ id: 'ClickBox', description: 'A box round one object, in pixels of the picture.' });
export type ClickBox = z.infer<typeof ClickBox>;

/** A shot document as a value; what it says of the source's place counts for nothing here. */
const ShotDocument = z.record(z.string(), z.unknown()).meta({
  description: 'A shot document ("schema": "roto.shot/1"); the video takes the place of its path.',
});

/** What is asked of an object: by a shot document, or by clicks and a box on one frame. */
const prompts = {
  shot: ShotDocument.optional(),
  /** Else those that the last preview left on the video. */
  points: ClickPoints.optional(),
  bbox: ClickBox.optional(),
  /** The frame of points and box; the clip's first unless said. */
  frame: FrameNumber.optional(),
};

const { despeckle, fillHoles, choke, feather, edge } = ShotMatte.shape;

/** Matte work without its defaults: what is not said is not changed. */
const MatteChanges = z.strictObject({
  despeckle: despeckle.unwrap().optional(),
  fillHoles: fillHoles.unwrap().optional(),
  choke: choke.unwrap().optional(),
  feather: feather.unwrap().optional(),
  edge: edge.unwrap().optional(),
});

const Output = z.union([OutputFormat, ShotOutput]);

/** Body of generate-masks. */
export const GenerateMasksParams = z
  .strictObject({
    ...prompts,
    /** How hard the engine works, by the size of its model; the document's, else `draft`, unless said. */
    quality: Quality.optional(),
    /** Files to write; the document's, else `png16`, unless said. */
    outputs: z.array(Output).max(20).optional(),
    /** Whether a greenscreen movie is written too. */
    greenscreen: z.boolean().default(false),
    /** Matte work; the document's unless said. */
    matte: ShotMatte.optional(),
    /** Frames to work on; the document's, else the whole clip, unless said. */
    range: FrameRange.optional(),
  })
  .meta({ id: 'GenerateMasksParams' });
export type GenerateMasksParams = z.infer<typeof GenerateMasksParams>;

/** Body of greenscreen: another export of what was tracked, which is not tracked again. */
export const GreenscreenParams = z
  .strictObject({
    /** The task whose track is taken; the video's last completed one unless said. */
    task_id: z.string().max(100).optional(),
    /** Screen colour. */
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, { error: 'Expected a colour such as #00b140' })
      .default('#00b140'),
    despill: z.boolean().default(false),
  })
  .meta({ id: 'GreenscreenParams' });
export type GreenscreenParams = z.infer<typeof GreenscreenParams>;

/** Body of export: other files of what was tracked, which is not tracked again. */
export const ExportParams = z
  .strictObject({
    /** The task whose track is taken; the video's last completed one unless said. */
    task_id: z.string().max(100).optional(),
    outputs: z.array(Output).min(1).max(20),
    /** Matte work; what is left out stays as the track was made with. */
    matte: MatteChanges.optional(),
    /** Frames to write; those that were tracked unless said. */
    range: FrameRange.optional(),
  })
  .meta({ id: 'ExportParams' });
export type ExportParams = z.infer<typeof ExportParams>;

/** Body of preview-mask. */
export const PreviewMaskParams = z.strictObject(prompts).meta({ id: 'PreviewMaskParams' });
export type PreviewMaskParams = z.infer<typeof PreviewMaskParams>;

/** A mask as COCO writes it: the compressed string of run lengths, column by column. */
export const RleMask = z
  .object({
    /** Height, then width. */
    size: z.tuple([z.int().positive(), z.int().positive()]),
    counts: z.string(),
  })
  .meta({ id: 'RleMask' });
export type RleMask = z.infer<typeof RleMask>;

/** What one frame looks like before anything is tracked. */
export const MaskPreview = z
  .object({
    frame: FrameNumber,
    objects: z.array(
      z.object({
        id: z.int(),
        name: z.string(),
        /** How sure the engine is that the object is there, 0 to 1. */
        score: z.number().min(0).max(1),
        rle: RleMask,
      }),
    ),
    /** What looked: the light model of the better engine that the host has. */
    run: RunIdentity.optional(),
    /** The frame with the masks laid over it, a PNG; the address expires. */
    overlayUrl: z.string(),
  })
  .meta({ id: 'MaskPreview' });
export type MaskPreview = z.infer<typeof MaskPreview>;

/** Query of estimate-cost. */
export const EstimateQuery = z.object({
  quality: Quality.default('draft'),
  /** Formats of the files, with commas between them. */
  outputs: z
    .string()
    .max(500)
    .default('png16')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(OutputFormat).max(20)),
  first: z.coerce.number().pipe(FrameNumber).optional(),
  last: z.coerce.number().pipe(FrameNumber).optional(),
});
export type EstimateQuery = z.infer<typeof EstimateQuery>;

/** What work on a video would cost, at most. */
export const Estimate = z
  .object({
    quality: Quality,
    frames: z.int().nonnegative(),
    seconds: z.number().nonnegative(),
    /** Whole credits; no task of the same request reserves more. */
    credits: z.int().nonnegative(),
    /** Bytes that the results may take, roughly, on the safe side. */
    bytes: z.int().nonnegative(),
  })
  .meta({ id: 'Estimate' });
export type Estimate = z.infer<typeof Estimate>;

/** A quality and whether a worker runs it now. */
export const QualityState = z
  .object({
    quality: Quality,
    available: z.boolean(),
    /** The model that runs, or would. */
    model: z.string(),
    /** Devices it runs on. */
    devices: z.array(z.string()),
    /** What to do where it is not available. */
    hint: z.string().optional(),
  })
  .meta({ id: 'QualityState' });
export type QualityState = z.infer<typeof QualityState>;

export const Qualities = z
  .object({ qualities: z.array(QualityState), workers: z.int().nonnegative() })
  .meta({ id: 'Qualities' });
export type Qualities = z.infer<typeof Qualities>;
