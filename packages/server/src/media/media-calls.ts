import type { ErrorDocument, SequenceSource } from '@roto/sdk/contract';

/** A clip that lies where a media host can read it. */
export interface MediaSource {
  /** Absolute: a movie, or a folder of frames. */
  readonly path: string;
  /** What people call it: failures name it so, and never the path. */
  readonly title: string;
  /** How a sequence is read. */
  readonly sequence?: SequenceSource;
}

/** What is known of a clip; the fields are those of inference's `ClipInfo`. */
export interface ClipFacts {
  readonly width: number;
  readonly height: number;
  readonly rate: { readonly num: number; readonly den: number };
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly missingFrames: readonly number[];
  readonly bitDepth: number;
  readonly hasAlpha: boolean;
  readonly hasAudio: boolean;
  readonly variableRate: boolean;
  readonly rotation: number;
  readonly pixelAspect: { readonly num: number; readonly den: number };
  readonly timecode: string | undefined;
  readonly color: {
    readonly range: string;
    readonly matrix: string;
    readonly primaries: string;
    readonly transfer: string;
  };
  readonly fingerprint: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** A movie that was written for browsers. */
export interface RenderedMovie {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/** What a media host can be asked for: argument and answer of every call. Folders are absolute. */
export interface MediaCalls {
  /** Which ffmpeg there is. */
  tools: {
    argument: undefined;
    answer: { readonly version: string; readonly source: 'ROTO_FFMPEG' | 'system' | 'packaged' };
  };
  /** Opens a clip, hashes a movie, and writes a thumbnail and, where one is needed, a mezzanine. */
  prepare: {
    argument: {
      readonly source: MediaSource;
      /** Hex SHA-256 that was announced of a movie's file. */
      readonly sha256: string | undefined;
      readonly thumbnail: string;
      readonly mezzanine: string;
    };
    answer: {
      readonly facts: ClipFacts;
      /** Hex SHA-256 of a movie's file. */
      readonly sha256: string | undefined;
      readonly codec: string | undefined;
      readonly container: string | undefined;
      readonly playsInBrowsers: boolean;
      /** Undefined where none was needed, or `failure` says why there is none. */
      readonly mezzanine: RenderedMovie | undefined;
      readonly failure: string | undefined;
    };
  };
  forwardReverse: {
    argument: { readonly source: MediaSource; readonly path: string };
    answer: RenderedMovie;
  };
}

export type MediaCallName = keyof MediaCalls;

/** From the service to a media host: the one call it is started for. */
export interface MediaRequest {
  readonly call: MediaCallName;
  readonly argument: unknown;
}

/** From a media host to the service, once. */
export type MediaReply =
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly error: ErrorDocument['error'] };
