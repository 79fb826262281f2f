import type { FrameRange, ResultWarning, ShotInput } from '@roto/sdk/contract';
import type { EngineIdentity, EnginePrompt, ObjectMask } from '../engine/engine.ts';
import type { EngineWork } from '../engine/engine-calls.ts';
import type { EnginePool } from '../engine/engine-pool.ts';
import type { ClipInfo, Frame } from '../media/clip.ts';

/** One object on one frame: logits over a region of the picture, which `renderMatte` makes alpha. */
export interface SessionMask extends ObjectMask {
  readonly id: number;
  readonly name: string;
  /** `score` above .5: the object is in the picture. */
  readonly present: boolean;
}

/** All objects of a frame that prompts lead to, in the order they were first prompted. */
export interface SessionFrame {
  /** Number of the frame, as the source counts. */
  readonly frame: number;
  /** Without those that tracking does not reach, such as before the key going forward only. */
  readonly objects: readonly SessionMask[];
}

/**
 * What is said of one object on one frame: one point, a box or a mask at least. Coordinates are
 * pixels of the displayed picture; a mask has its size.
 */
export interface AddPrompt extends Partial<EnginePrompt> {
  /** `name` is `object-<id>` until one is given. */
  readonly object: { readonly id: number; readonly name?: string };
  /** Frame number of the source. */
  readonly frame: number;
  /**
   * Whether it changes the mask that was tracked to the frame. Unless said: negative points alone
   * do, and with the sam2 engine all points on a frame that is tracked and was not prompted.
   */
  readonly correction?: boolean;
}

/** Told after every step of tracking: one prompted frame seen, or one frame tracked one way. */
export interface PropagateProgress {
  /** Steps done, those found in the cache included; rises to `total`. */
  readonly done: number;
  readonly total: number;
  /** Of those done, how many were in the cache. */
  readonly reused: number;
  /** Number of the frame just done. */
  readonly frame: number;
  readonly framesPerSecond: number;
  readonly secondsLeft: number;
}

/** How far {@link Session.propagate} goes. */
export interface PropagateOptions {
  /** The range of the source, else the whole clip, unless said. */
  readonly range?: FrameRange;
  /** `both` unless said: each prompted frame is tracked from in both directions. */
  readonly direction?: 'forward' | 'backward' | 'both';
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PropagateProgress) => void;
}

/** A clip, an engine and prompts: click, look, track, correct, track again. */
export interface Session {
  readonly clip: ClipInfo;
  /** Engine, model and device that really run. */
  readonly engine: EngineIdentity;
  /** What is worth knowing of the engine that was found, such as that a better one is missing. */
  readonly warnings: readonly ResultWarning[];
  /**
   * The plate as the engine sees it, which `renderMatte` takes beside a mask.
   * @throws RotoError `frame_out_of_range`; `interrupted` when the signal aborts
   */
  frame(number: number, signal?: AbortSignal): Promise<Frame>;
  /**
   * Adds to what is said of one object on one frame and returns its mask there. A frame that is
   * only corrected is tracked to first. A prompt that fails counts for
   * nothing. May be called while {@link propagate} is under way, whose frames stay those of the
   * prompts it began with.
   * @throws RotoError `frame_out_of_range`, `prompt_outside_picture`, `prompt_missing`,
   *   `mask_unreadable`, `invalid_argument`; `interrupted` when the signal aborts
   */
  addPrompt(prompt: AddPrompt, signal?: AbortSignal): Promise<SessionMask>;
  /** Takes back what was said of an object, on one frame or on all. */
  clearPrompts(object: number, frame?: number): void;
  /** Takes an object back with its name and all that was said of it. */
  removeObject(object: number): void;
  /**
   * Tracks what is not yet tracked and gives every frame of the range once, in rising order.
   * `break` and abort stop the work within a frame; what was tracked stays in the cache.
   * @throws RotoError `prompt_missing`, `frame_out_of_range`; `interrupted` when the signal aborts
   */
  propagate(options?: PropagateOptions): AsyncGenerator<SessionFrame, void, void>;
  /** What the engine did since the session was opened: seconds by stage, and how often. */
  work(): Promise<EngineWork>;
  /** Frees the engine and stops what is under way; may be called again. */
  close(): Promise<void>;
}

/** What a session is opened on. */
export interface OpenSessionOptions {
  /** Where the plate is: at least its path. */
  readonly source: ShotInput['source'];
  /** Engine, device, quality; `auto` unless said. */
  readonly engine?: ShotInput['engine'];
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  /** Engines shared with other jobs; one is loaded for this one alone unless given. */
  readonly engines?: EnginePool;
  /** Stops the opening. */
  readonly signal?: AbortSignal;
}
