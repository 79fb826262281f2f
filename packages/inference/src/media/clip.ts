import type { FrameRange, FrameRate } from '@roto/sdk/contract';

/** How the numbers of a picture are to be read; ffmpeg's names, `unknown` where nothing is said. */
export interface ColorTags {
  readonly range: 'full' | 'limited' | 'unknown';
  readonly matrix: string;
  readonly primaries: string;
  readonly transfer: string;
}

/** What is known of a clip before a frame is decoded. Sizes are of the displayed picture. */
export interface ClipInfo {
  /** Absolute path; for a sequence the pattern with `####`. */
  readonly path: string;
  readonly kind: 'movie' | 'sequence';
  readonly width: number;
  readonly height: number;
  readonly rate: FrameRate;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Frames of a sequence that are not on disk, filled by the missing-frames policy. */
  readonly missingFrames: readonly number[];
  /** Bits a channel in the file; 16 and 32 for float EXR. */
  readonly bitDepth: number;
  readonly hasAlpha: boolean;
  /** Width over height of one pixel: 1/1 for square ones. Tagged in outputs, never resampled. */
  readonly pixelAspect: { readonly num: number; readonly den: number };
  /** Clockwise turn the file asks for, already applied to the frames. */
  readonly rotation: 0 | 90 | 180 | 270;
  readonly variableRate: boolean;
  readonly color: ColorTags;
  /** How the picture was brought to what the model sees: `display`, or `linear-rec709 -> sRGB`. */
  readonly viewTransform: string;
  /** Start timecode as the file says it, `01:00:00:00`. */
  readonly timecode: string | undefined;
  readonly hasAudio: boolean;
  /** Hex SHA-256 that names the pixels: equal for equal files wherever they lie. */
  readonly fingerprint: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

/** All frames of a clip. */
export function clipRange(clip: {
  readonly info: Pick<ClipInfo, 'firstFrame' | 'lastFrame'>;
}): FrameRange {
  const { info } = clip;
  return { first: info.firstFrame, last: info.lastFrame };
}

/** A display-referred picture, 8 bits a channel: rows from the top, `rgb.length = width*height*3`. */
export interface Frame {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** The same picture with 16 bits a channel, 0..65535, for exports of colour. */
export interface DeepFrame {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint16Array;
}

export interface ReadFramesOptions {
  readonly range?: FrameRange;
  /** Order in which frames come; `backward` decodes in chunks, at most two decodes a frame. */
  readonly direction?: 'forward' | 'backward';
  readonly signal?: AbortSignal;
}

/**
 * An open clip. Frame `n` is the same picture however it is reached: forwards, backwards or alone.
 * Memory is a small ring of frames with back-pressure, whatever the length.
 */
export interface Clip {
  readonly info: ClipInfo;
  frames(options?: ReadFramesOptions): AsyncGenerator<Frame, void, void>;
  deepFrames(options?: ReadFramesOptions): AsyncGenerator<DeepFrame, void, void>;
  /** One frame by its number. @throws RotoError `frame_out_of_range` */
  frame(number: number, signal?: AbortSignal): Promise<Frame>;
  /** Stops every decoder still running. */
  close(): Promise<void>;
}
