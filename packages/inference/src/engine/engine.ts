import type { FrameRange } from '@roto/sdk/contract';
import type { Frame } from '../media/clip.ts';

/** Which way a run goes through the clip. */
export type Direction = 'forward' | 'backward';

/** Which engine, model and settings made a mask; part of the track cache's key. */
export interface EngineIdentity {
  readonly engine: 'lite' | 'sam2';
  readonly model: { readonly id: string; readonly sha256: string };
  /** What really runs: `cpu`, `cuda:0`. */
  readonly device: string;
  /** Everything else that changes a mask: input size, precision, thresholds, code version. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

export interface EngineConfig {
  readonly engine: 'lite' | 'sam2';
  /** Absolute path of the model's folder or file. */
  readonly modelPath: string;
  readonly device: string;
  readonly quality: 'draft' | 'normal';
  readonly inputSize?: number;
  /** Threads of one operator; the number of cores unless said. */
  readonly threads?: number;
}

/** Rectangle of the picture in pixels; may reach beyond the picture. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * One object on one frame, as the engine sees it: a grid of logits over a region of the picture.
 * Cell (i, j) has its centre at `x + (i + .5) * region.width / width`; above 0 is object. Outside
 * the region there is none.
 */
export interface ObjectMask {
  readonly width: number;
  readonly height: number;
  readonly logits: Float32Array;
  readonly region: Region;
  /** How sure the engine is that the object is in the picture, 0..1; present above .5. */
  readonly score: number;
}

/** A given matte of the plate's size: 0 is background, 255 object. */
export interface MaskPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Everything said of one object on one frame. Coordinates are pixels of the picture. */
export interface EnginePrompt {
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    readonly label: 'positive' | 'negative';
  }[];
  readonly box?: {
    readonly x1: number;
    readonly y1: number;
    readonly x2: number;
    readonly y2: number;
  };
  readonly mask?: MaskPicture;
}

/**
 * One object followed in one direction. Calls come in the order of the run: `seed` first, then
 * `track` for each next frame, and `correct` right after `track` of the same frame.
 */
export interface Tracker {
  /** Starts from a key: a frame with a positive point, a box or a mask. */
  seed(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask>;
  /**
   * Follows the object to a frame. `direction` is that of the run; frame numbers do not tell it, as
   * a run may begin before the object's first prompted frame, whose memory then lies ahead.
   */
  track(frame: Frame, direction: Direction): Promise<ObjectMask>;
  /** Changes the mask just tracked by clicks on the same frame; later frames follow it. */
  correct(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask>;
  /** The whole state as bytes: a tracker restored from them goes on bit for bit the same. */
  snapshot(): Uint8Array;
}

/** A loaded model. Lives in the engine's worker thread; nothing else may touch it. */
export interface Engine {
  readonly identity: EngineIdentity;
  /** `clip` is all frames there are: how far a memory may reach depends on their number. */
  createTracker(clip: FrameRange): Tracker;
  restoreTracker(snapshot: Uint8Array): Tracker;
  /** Seconds spent so far by stage: `encode`, `prompt`, `track`. */
  timings(): Readonly<Record<string, number>>;
  dispose(): Promise<void>;
}
