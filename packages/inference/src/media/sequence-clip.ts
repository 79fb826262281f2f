import { type FrameRange, type FrameRate, RotoError, type ShotSource } from '@roto/sdk/contract';
import { type FoundSequence, patternPath, type SequenceFrame } from '@roto/sdk/sequence';
import type { Clip, ClipInfo } from './clip.ts';
import { clipOf } from './clip-of.ts';
import { sequenceFingerprint } from './fingerprint.ts';
import { decodePicture, type PictureHeader, readPictureHeader } from './picture.ts';
import { type InputColorspace, linearView, type ViewTransform } from './view-transform.ts';

export interface OpenSequenceOptions {
  /** Number given to the first frame; the one in its name unless said. */
  readonly startFrame?: number | undefined;
  /** 24 unless said: pictures have no rate of their own. */
  readonly rate?: FrameRate | undefined;
  /** Frames the caller means to use; gaps outside are no error. */
  readonly range?: FrameRange | undefined;
  readonly missingFrames?: ShotSource['missingFrames'] | undefined;
  readonly inputColorspace?: InputColorspace | undefined;
  /** Stops, for linear input. */
  readonly exposure?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Headers read at a time. */
const headersAtOnce = 8;

/**
 * Opens a numbered sequence of pictures.
 * @throws RotoError `sequence_gap`, `sequence_mixed_sizes`, `source_unreadable`, `source_too_small`
 */
export async function openSequence(
  found: FoundSequence,
  options: OpenSequenceOptions = {},
): Promise<Clip> {
  const { signal, missingFrames = 'error' } = options;
  const frames = renumber(found, options.startFrame);
  const [firstFrame, lastFrame] = ends(found, frames);
  const paths = new Map(frames.map(({ number, path }) => [number, path]));
  const missing = missingNumbers(paths, firstFrame, lastFrame);
  const path = patternPath(found.pattern);
  if (missingFrames === 'error') {
    checkGaps(path, missing, options.range);
  }
  const header = await checkHeaders(frames, signal);
  const fingerprint = await sequenceFingerprint(frames, signal);
  const view = viewOf(header, options);
  const info = sequenceInfo({ header, view, options, missing });
  const pictures = { paths, header, view, missingFrames, clipPath: path };
  return clipOf(
    { ...info, path, firstFrame, lastFrame, fingerprint },
    async function* ({ first, last, direction, depth, signal: stop }) {
      const step = direction === 'forward' ? 1 : -1;
      const count = last - first + 1;
      for (let at = 0, number = step > 0 ? first : last; at < count; at++, number += step) {
        stop.throwIfAborted();
        yield await readFrame(pictures, number, depth);
      }
    },
  );
}

interface Pictures {
  readonly paths: ReadonlyMap<number, string>;
  readonly header: PictureHeader;
  readonly view: ViewTransform | undefined;
  readonly missingFrames: ShotSource['missingFrames'];
  readonly clipPath: string;
}

async function readFrame(
  { paths, header, view, missingFrames, clipPath }: Pictures,
  number: number,
  depth: 8 | 16,
): Promise<Uint8Array<ArrayBuffer>> {
  let path = paths.get(number);
  if (path === undefined && missingFrames === 'error') {
    throw gap(clipPath, [number]);
  }
  if (path === undefined && missingFrames === 'hold') {
    path = heldPath(paths, number);
  }
  return path === undefined
    ? new Uint8Array(header.width * header.height * 3 * (depth / 8))
    : decodePicture(path, header, depth, view);
}

/** The frame before the gap; the first there is where the gap comes before it. */
function heldPath(paths: ReadonlyMap<number, string>, number: number): string | undefined {
  let held: string | undefined;
  for (const [each, path] of paths) {
    if (each > number && held !== undefined) {
      break;
    }
    held = path;
  }
  return held;
}

function renumber(found: FoundSequence, startFrame: number | undefined): readonly SequenceFrame[] {
  const first = found.pattern.range?.first ?? found.frames[0]?.number ?? 0;
  const shift = startFrame === undefined ? 0 : startFrame - first;
  return found.frames.map(({ number, path }) => ({ number: number + shift, path }));
}

/** First and last number; a range in the name counts even where its ends are not on disk. */
function ends(found: FoundSequence, frames: readonly SequenceFrame[]): [number, number] {
  const first = frames[0]?.number ?? 0;
  const last = frames.at(-1)?.number ?? first;
  const asked = found.pattern.range;
  if (asked === undefined) {
    return [first, last];
  }
  const shift = first - (found.frames[0]?.number ?? first);
  return [asked.first + shift, asked.last + shift];
}

const mostMissing = 1_000_000;

function missingNumbers(
  paths: ReadonlyMap<number, string>,
  first: number,
  last: number,
): readonly number[] {
  if (last - first + 1 - paths.size > mostMissing) {
    throw new RotoError(
      'sequence_gap',
      `The sequence says frames ${first} to ${last}, but only ${paths.size} of them are there`,
      { param: 'source.path', hint: 'Give the range in the name: plate.1001-1100.exr.' },
    );
  }
  const missing: number[] = [];
  for (let number = first; number <= last; number++) {
    if (!paths.has(number)) {
      missing.push(number);
    }
  }
  return missing;
}

function checkGaps(path: string, missing: readonly number[], range: FrameRange | undefined): void {
  const { first = -Infinity, last = Infinity } = range ?? {};
  const inRange = missing.filter((number) => first <= number && number <= last);
  if (inRange.length > 0) {
    throw gap(path, inRange);
  }
}

function gap(path: string, missing: readonly number[]): RotoError {
  const [first] = missing;
  const what =
    missing.length === 1
      ? `frame ${first} is missing`
      : `${missing.length} frames are missing, the first is ${first}`;
  return new RotoError('sequence_gap', `${path} has a gap: ${what}`, {
    param: 'source.path',
    hint: 'Copy the missing frames, or fill the gap: missingFrames hold or black in the shot document.',
  });
}

/** The header of the first frame, and proof that all others have its size. */
async function checkHeaders(
  frames: readonly SequenceFrame[],
  signal: AbortSignal | undefined,
): Promise<PictureHeader> {
  let first: PictureHeader | undefined;
  for (let at = 0; at < frames.length; at += headersAtOnce) {
    signal?.throwIfAborted();
    const some = frames.slice(at, at + headersAtOnce);
    const headers = await Promise.all(some.map(({ path }) => readPictureHeader(path)));
    for (const [place, header] of headers.entries()) {
      first ??= header;
      if (header.width !== first.width || header.height !== first.height) {
        throw new RotoError(
          'sequence_mixed_sizes',
          `Frame ${some[place]?.number} is ${header.width}x${header.height}, the frames before it ${first.width}x${first.height}`,
          { param: 'source.path', hint: 'Expected all frames of a sequence to have one size.' },
        );
      }
    }
  }
  if (first === undefined) {
    throw new RotoError('internal', 'A sequence has no frames');
  }
  return first;
}

function viewOf(header: PictureHeader, options: OpenSequenceOptions): ViewTransform | undefined {
  const asked = options.inputColorspace ?? 'auto';
  const space = asked === 'auto' ? (header.isLinear ? 'linear-rec709' : 'srgb') : asked;
  return space === 'srgb' ? undefined : linearView(space, options.exposure ?? 0);
}

function sequenceInfo(parts: {
  header: PictureHeader;
  view: ViewTransform | undefined;
  options: OpenSequenceOptions;
  missing: readonly number[];
}): Omit<ClipInfo, 'path' | 'firstFrame' | 'lastFrame' | 'fingerprint'> {
  const { header, view, options, missing } = parts;
  const warnings: { code: string; message: string }[] = [];
  if (missing.length > 0) {
    const filling = options.missingFrames === 'black' ? 'black' : 'the frame before';
    const message =
      missing.length === 1
        ? `Frame ${missing[0]} is missing; ${filling} is shown instead.`
        : `${missing.length} frames are missing; each is shown as ${filling}.`;
    warnings.push({ code: 'sequence_gap', message });
  }
  if (view === undefined && (options.exposure ?? 0) !== 0) {
    const message = 'Exposure is for linear input; these pictures are display-referred already.';
    warnings.push({ code: 'exposure_ignored', message });
  }
  return {
    kind: 'sequence',
    width: header.width,
    height: header.height,
    rate: options.rate ?? { num: 24, den: 1 },
    missingFrames: missing,
    bitDepth: header.bitDepth,
    hasAlpha: header.hasAlpha,
    pixelAspect: header.pixelAspect,
    rotation: header.rotation,
    variableRate: false,
    color: {
      range: 'full',
      matrix: 'gbr',
      primaries: view === undefined ? 'unknown' : 'bt709',
      transfer: view === undefined ? 'unknown' : 'iec61966-2-1',
    },
    viewTransform: view?.name ?? 'display',
    timecode: undefined,
    hasAudio: false,
    warnings,
  };
}
