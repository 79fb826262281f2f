import type { FrameRange, ShotInput } from '@roto/sdk/contract';
import type { EngineIdentity, EnginePrompt, ObjectMask } from '../engine/engine.ts';
import type { ClipInfo } from '../media/clip.ts';

/** One object on one frame. */
export interface SessionMask extends ObjectMask {
  readonly id: number;
  readonly name: string;
  readonly present: boolean;
}

export interface SessionFrame {
  readonly frame: number;
  readonly objects: readonly SessionMask[];
}

export interface AddPrompt extends Partial<EnginePrompt> {
  readonly object: { readonly id: number; readonly name?: string };
  /** Frame number of the source. */
  readonly frame: number;
}

export interface PropagateProgress {
  readonly done: number;
  readonly total: number;
  readonly reused: number;
  readonly frame: number;
  readonly framesPerSecond: number;
  readonly secondsLeft: number;
}

export interface PropagateOptions {
  /** The whole clip unless said. */
  readonly range?: FrameRange;
  readonly direction?: 'forward' | 'backward' | 'both';
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PropagateProgress) => void;
}

/** A clip, an engine and prompts: click, look, track, correct, track again. */
export interface Session {
  readonly clip: ClipInfo;
  readonly engine: EngineIdentity;
  /**
   * Adds to what is said of one object on one frame and returns its mask there at once.
   * @throws RotoError `frame_out_of_range`, `prompt_outside_picture`, `prompt_missing`
   */
  addPrompt(prompt: AddPrompt, signal?: AbortSignal): Promise<SessionMask>;
  clearPrompts(object: number, frame?: number): void;
  removeObject(object: number): void;
  /**
   * Tracks what is not yet tracked and gives every frame of the range once, in rising order.
   * `break` and abort stop the work within a frame; what was tracked stays in the cache.
   */
  propagate(options?: PropagateOptions): AsyncGenerator<SessionFrame, void, void>;
  close(): Promise<void>;
}

export interface OpenSessionOptions {
  /** Where the plate is: at least its path. */
  readonly source: ShotInput['source'];
  /** Engine, device, quality; `auto` unless said. */
  readonly engine?: ShotInput['engine'];
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
}
