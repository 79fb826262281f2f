import type { Frame } from '../media/clip.ts';
import type {
  Direction,
  EngineConfig,
  EngineIdentity,
  EnginePrompt,
  ObjectMask,
  TrackerSetup,
} from './engine.ts';

/** What one tracker does on one frame. */
export type TrackerCall =
  | {
      readonly kind: 'seed';
      readonly tracker: number;
      readonly setup: TrackerSetup;
      readonly prompt: EnginePrompt;
    }
  | { readonly kind: 'track'; readonly tracker: number; readonly direction: Direction }
  | { readonly kind: 'correct'; readonly tracker: number; readonly prompt: EnginePrompt };

/** Work the engine did so far. */
export interface EngineWork {
  /** Seconds by stage. */
  readonly seconds: Readonly<Record<string, number>>;
  /** How often, by stage. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What the engine's thread can be asked for: argument and answer of every call. */
export interface EngineCalls {
  open: { argument: EngineConfig; answer: EngineIdentity };
  step: {
    argument: { readonly frame: Frame; readonly calls: readonly TrackerCall[] };
    answer: readonly ObjectMask[];
  };
  snapshot: { argument: { readonly tracker: number }; answer: Uint8Array };
  restore: {
    argument: {
      readonly tracker: number;
      readonly setup: TrackerSetup;
      readonly state: Uint8Array;
    };
    answer: undefined;
  };
  learn: { argument: { readonly tracker: number; readonly state: Uint8Array }; answer: undefined };
  drop: { argument: { readonly tracker: number }; answer: undefined };
  work: { argument: undefined; answer: EngineWork };
  close: { argument: undefined; answer: undefined };
}
