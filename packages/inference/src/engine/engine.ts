import type { FrameRange } from '@roto/sdk/contract';
import type { Frame } from '../media/clip.ts';
import type { AskedRules, Sam2Rules } from './sam2/presets.ts';

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
  /** The name it goes by, and the SHA-256 it should have where that is known; sam2 only. */
  readonly model?: { readonly id: string; readonly sha256?: string };
  /** Absolute path of the cache folder, where the sam2 engine keeps derived weights. */
  readonly cacheDir?: string;
  readonly device: string;
  /** How hard the lite engine works, `standard` unless said; for sam2 model and size say it. */
  readonly quality?: 'draft' | 'standard';
  readonly inputSize?: number;
  /**
   * Numbers that sam2 computes in. Unless said the device's own: `fp32` on the CPU, float16 on CUDA.
   * `int8` is for the CPU, and for linear layers only.
   */
  readonly precision?: 'fp32' | 'int8';
  /** Threads of one operator; the number of cores unless said. */
  readonly threads?: number;
  /** How trackers are to work: of the sam2 engine only. */
  readonly rules?: Sam2Rules;
}

/** What one job has its trackers made for; jobs that share an engine may differ in it. */
export interface TrackerSetup {
  /** All frames there are: how far a memory may reach depends on their number. */
  readonly clip: FrameRange;
  /** Of the sam2 engine only. */
  readonly rules?: AskedRules;
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
  /**
   * For a first look: engines that look closer at what they found do not, so that no prompt on a
   * frame costs another run of the encoder than the first one.
   */
  readonly quick?: boolean;
  /**
   * Whether it changes the mask that was tracked to the frame, instead of saying anew what the
   * object is. Negative points alone always do; nothing else does unless it is said.
   */
  readonly correction?: boolean;
}

/**
 * One object followed through a clip. `seed` comes first; then `track` for each next frame, and
 * `correct` right after `track` or `seed` of the same frame. A tracker that learned all prompted
 * frames may turn round once: after it went forward from its first frame it goes on backward before
 * that frame, and what it remembers of the first frames forward then counts, those that lie as far
 * off as memory and pointers reach. It is not asked to track a frame it seeded, corrected or learned.
 */
export interface Tracker {
  /** Starts from a key: a frame with a positive point, a box or a mask. */
  seed(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask>;
  /**
   * Follows the object to a frame. `direction` is that of the run; frame numbers do not tell it, as
   * a run may begin before the object's first prompted frame, whose memory then lies ahead.
   */
  track(frame: Frame, direction: Direction): Promise<ObjectMask>;
  /** Changes the mask just made by clicks on the same frame; later frames follow it. */
  correct(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask>;
  /**
   * Takes another prompted frame of the same object into memory, on either side of those it has:
   * the newest prompted frame of a state that {@link snapshot} gave right after `seed` or
   * `correct`. Only engines whose {@link companionsOf} is not `none` are asked to.
   */
  learn(snapshot: Uint8Array): Promise<void>;
  /** The whole state as bytes: a tracker restored from them goes on bit for bit the same. */
  snapshot(): Uint8Array;
}

/** What one tracker does on one frame. */
export type TrackerStep =
  | { readonly kind: 'seed'; readonly tracker: Tracker; readonly prompt: EnginePrompt }
  | { readonly kind: 'track'; readonly tracker: Tracker; readonly direction: Direction }
  | { readonly kind: 'correct'; readonly tracker: Tracker; readonly prompt: EnginePrompt };

/** A loaded model. Lives in the engine's worker thread; nothing else may touch it. */
export interface Engine {
  /** Of the model; the rules of trackers are added by whoever asks for trackers. */
  readonly identity: EngineIdentity;
  createTracker(setup: TrackerSetup): Tracker;
  /** `setup` is the one the tracker was made with. */
  restoreTracker(snapshot: Uint8Array, setup: TrackerSetup): Tracker;
  /**
   * Lets several trackers of this engine work on one frame: what they share is done once. Masks
   * come in the order of the steps, and are the same whoever else works on the frame.
   */
  step(frame: Frame, steps: readonly TrackerStep[]): Promise<readonly ObjectMask[]>;
  /** Seconds spent so far by stage: `encode`, `prompt`, `track`. */
  timings(): Readonly<Record<string, number>>;
  /** How often so far: `encode` is encoder runs, fewer than steps where features were kept. */
  counts(): Readonly<Record<string, number>>;
  dispose(): Promise<void>;
}
