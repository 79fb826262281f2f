import type { FrameRange } from '@roto/sdk/contract';
import type { Frame } from '../media/clip.ts';
import type {
  Direction,
  EngineConfig,
  EngineIdentity,
  EnginePrompt,
  ObjectMask,
} from './engine.ts';

/** What one tracker does on one frame. */
export type TrackerCall =
  | {
      readonly kind: 'seed';
      readonly tracker: number;
      readonly prompt: EnginePrompt;
      readonly clip: FrameRange;
    }
  | { readonly kind: 'track'; readonly tracker: number; readonly direction: Direction }
  | { readonly kind: 'correct'; readonly tracker: number; readonly prompt: EnginePrompt };

/** What the engine's thread can be asked for: argument and answer of every call. */
export interface EngineCalls {
  open: { argument: EngineConfig; answer: EngineIdentity };
  step: {
    argument: { readonly frame: Frame; readonly calls: readonly TrackerCall[] };
    answer: readonly ObjectMask[];
  };
  snapshot: { argument: { readonly tracker: number }; answer: Uint8Array };
  restore: {
    argument: { readonly tracker: number; readonly state: Uint8Array };
    answer: undefined;
  };
  drop: { argument: { readonly tracker: number }; answer: undefined };
  timings: { argument: undefined; answer: Readonly<Record<string, number>> };
  close: { argument: undefined; answer: undefined };
}
