import type { MaskGrid } from './mask-grid.ts';
import type { GreyPicture } from './optical-flow.ts';
import type { TargetMemory } from './target-memory.ts';
import type { Box, PictureSize } from './view.ts';

/** Everything a tracker carries from one frame to the next. */
export interface TrackerState {
  readonly picture: PictureSize;
  /** Logits of the last frame in its view; no cell above 0 while the object is lost. */
  readonly mask: MaskGrid;
  /** Box of the object where it was last seen, and how its centre moves, in pixels a frame. */
  readonly box: Box;
  readonly velocity: { readonly x: number; readonly y: number };
  /** Areas in pixels of the picture: at the last sight, and on the key. */
  readonly area: number;
  readonly keyArea: number;
  /**
   * The larger of the last area and what is left of those before: an object that comes out from
   * behind something may have that area again at once.
   */
  readonly reach: number;
  /** Frames since the object was last seen. */
  readonly lostFrames: number;
  /** Share of the object that moved otherwise than the ground of late, 0..1. */
  readonly moving: number;
  /** The last frame, small and grey. */
  readonly grey: GreyPicture;
  /** Of each mask cell, how sure its past makes it, -1..1: see trust.ts. */
  readonly trust: Float32Array;
  /** Channel means of the key's view, taken from every frame's features. */
  readonly means: Float32Array;
  readonly memory: TargetMemory;
  /** The target model of the keys alone. */
  readonly keyModel: Float64Array;
}
