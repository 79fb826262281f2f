import type {
  ErrorDocument,
  Result,
  RleMask,
  RunEvent,
  RunIdentity,
  Shot,
} from '@roto/sdk/contract';

/** What an inference host can run on this machine. */
export interface HostAbilities {
  /** Names of the installed models. */
  readonly models: readonly string[];
  /** `cpu`, and the graphics cards that work: `cuda:0`. */
  readonly devices: readonly string[];
}

/** A run of a shot, whose relative paths start from `base`. All folders are absolute. */
export interface RunArgument {
  readonly shot: Shot;
  readonly base: string;
  readonly out: string;
  readonly cache: string;
}

/** What a run says of itself; its paths are those of the worker. */
export type RunAnswer = Result;

/** A look at one frame of a clip. The session of a video stays open for the next look. */
export interface PreviewArgument {
  readonly video: string;
  readonly source: Shot['source'];
  readonly cache: string;
  readonly frame: number;
  readonly objects: readonly {
    readonly id: number;
    readonly name: string;
    readonly color?: string;
    readonly points: Shot['objects'][number]['prompts'][number]['points'];
    readonly box?: {
      readonly x1: number;
      readonly y1: number;
      readonly x2: number;
      readonly y2: number;
    };
  }[];
}

export interface PreviewAnswer {
  readonly frame: number;
  readonly objects: readonly {
    readonly id: number;
    readonly name: string;
    readonly score: number;
    readonly rle: RleMask;
  }[];
  /** The frame with the masks laid over it, a PNG file. */
  readonly overlayPng: Uint8Array;
  readonly run: RunIdentity;
  /** How often the encoder ran for this look. */
  readonly encoderRuns: number;
}

/** What a host can be asked for: argument and answer of every call. */
export interface HostCalls {
  look: { argument: undefined; answer: HostAbilities };
  run: { argument: RunArgument; answer: RunAnswer };
  /** Files that the cache keeps of a track, relative to the cache. */
  trackFiles: {
    argument: { readonly track: string; readonly cache: string };
    answer: readonly string[];
  };
  preview: { argument: PreviewArgument; answer: PreviewAnswer };
  /** Closes the session of a video, if one is open. */
  forget: { argument: { readonly video: string }; answer: undefined };
}

export type HostCallName = keyof HostCalls;

/** From the service to a host. */
export type HostRequest =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly call: HostCallName;
      readonly argument: unknown;
    }
  | { readonly kind: 'cancel'; readonly id: number };

/** From a host to the service. */
export type HostReply =
  | { readonly kind: 'event'; readonly id: number; readonly event: RunEvent }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly error: ErrorDocument['error'];
    };
