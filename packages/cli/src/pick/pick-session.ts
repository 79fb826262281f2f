import type { Result, ResultClip, ResultWarning, RunEvent, Shot } from '@roto/sdk/contract';
import type { Picture } from '../picture/picture.ts';
import type { RanEngine } from '../shot/save-shot.ts';
import type { PickedObjects } from './pick-state.ts';

/** A clip as it is shown. */
export interface PickClip extends ResultClip {
  /** Width of a pixel for its height: 1 for square ones. */
  readonly pixelAspect: number;
}

/** One object on one frame. */
export interface PickMask {
  /** How sure the engine is that the object is in the picture, 0 to 1. */
  readonly score: number;
  /** `score` above .5. */
  readonly present: boolean;
  /** Alpha, 0 to 255, of the size of {@link PickSession.picture}, rows from the top. */
  readonly matte: { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

/** What is to be looked at: an object on a frame, with everything that was said so far. */
export interface PickLook {
  readonly objects: PickedObjects;
  readonly object: number;
  readonly frame: number;
}

/** Where a run writes, and how it is stopped. */
export interface PickRunOptions {
  /** Absolute. */
  readonly out: string;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

/**
 * A clip and an engine to click with, on this machine or elsewhere. Every failure is a RotoError;
 * an aborted call ends within a frame.
 */
export interface PickSession {
  readonly clip: PickClip;
  /** What the shot document is to ask for by name; undefined where that is not known before a run. */
  readonly engine: RanEngine | undefined;
  /** Where the engine is, and which one, for a person. */
  readonly place: string;
  /** Whether frames are tracked to for a look: else masks are seen where an object has a key only. */
  readonly canTrack: boolean;
  readonly warnings: readonly ResultWarning[];
  /** Colours of objects that have none of their own, one after the other: `#rrggbb`. */
  readonly colors: readonly string[];
  /** A frame as large as a screen needs it, at most {@link largestScreenSide}. */
  picture(frame: number, signal?: AbortSignal): Promise<Picture>;
  /** The same as a JPEG file. */
  pictureFile(frame: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Any picture as a JPEG file. */
  encode(picture: Picture): Promise<Uint8Array>;
  /** A mask as an 8-bit grey PNG file. */
  maskFile(mask: PickMask): Promise<Uint8Array>;
  /**
   * The mask of an object on a frame. A frame where nothing is said of it, or where what was
   * tracked is corrected, is tracked to first. Undefined where nothing leads there.
   */
  look(look: PickLook, signal?: AbortSignal): Promise<PickMask | undefined>;
  /** Tracks the whole shot and writes it. */
  run(shot: Shot, options: PickRunOptions): Promise<Result>;
  close(): Promise<void>;
}

/** Pixels of the longer side that a frame is shown with at most. */
export const largestScreenSide = 1600;
