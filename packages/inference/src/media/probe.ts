import { type FrameRate, RotoError } from '@roto/sdk/contract';
import { z } from 'zod';
import type { ClipInfo, ColorTags } from './clip.ts';
import { runFfprobe } from './ffprobe.ts';
import type { FfmpegTools } from './find-ffmpeg.ts';

/** What the header of a movie says; nothing is decoded but what ffprobe needs to know the codec. */
export interface MovieProbe {
  readonly path: string;
  /** Index of the picture's stream in the file. */
  readonly stream: number;
  readonly codec: string;
  readonly container: string;
  readonly pixelFormat: PixelFormat;
  /** Stored size, before rotation. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  readonly rotation: ClipInfo['rotation'];
  /** Of the displayed picture. */
  readonly pixelAspect: ClipInfo['pixelAspect'];
  readonly color: ColorTags;
  readonly interlaced: boolean;
  readonly mirrored: boolean;
  /** Seconds one tick of a time stamp lasts, as a fraction. */
  readonly timeBase: FrameRate;
  /** Rates the container and the stream claim, the likelier first; may be empty. */
  readonly rates: readonly FrameRate[];
  /** ffmpeg looks this many frames ahead when it seeks. */
  readonly reorders: boolean;
  /** Frames the header promises, where the container counts them one by one. */
  readonly declaredFrames: number | undefined;
  /** Seconds the header promises, start to end, where it has such a field. */
  readonly declaredDuration: number | undefined;
  readonly timecode: string | undefined;
  readonly hasAudio: boolean;
}

export interface PixelFormat {
  readonly name: string;
  readonly bitDepth: number;
  readonly hasAlpha: boolean;
  /** RGB, palette or grey: no colour matrix applies. */
  readonly isRgb: boolean;
}

/** Largest side and area taken from anybody: 16384 pixels, 268 megapixels. */
export const maxSide = 16_384;
export const maxPixels = 268_435_456;
/** Smallest side a picture can be tracked at. */
export const minSide = 16;

const Fraction = z.string().regex(/^-?\d+[/:]-?\d+$/);
const Tags = z.record(z.string(), z.string());
const SideData = z.looseObject({
  side_data_type: z.string().optional(),
  displaymatrix: z.string().optional(),
  rotation: z.number().optional(),
});
const Stream = z.looseObject({
  index: z.int(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  pix_fmt: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  has_b_frames: z.int().optional(),
  sample_aspect_ratio: Fraction.optional(),
  field_order: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  bits_per_raw_sample: z.string().optional(),
  r_frame_rate: Fraction.optional(),
  avg_frame_rate: Fraction.optional(),
  time_base: Fraction.optional(),
  nb_frames: z.string().optional(),
  disposition: z.record(z.string(), z.number()).optional(),
  tags: Tags.optional(),
  side_data_list: z.array(SideData).optional(),
});
type Stream = z.infer<typeof Stream>;
const Report = z.looseObject({
  streams: z.array(Stream).default([]),
  format: z
    .looseObject({
      format_name: z.string().optional(),
      duration: z.string().optional(),
      tags: Tags.optional(),
    })
    .optional(),
});
type Report = z.infer<typeof Report>;

/**
 * Reads the header of a movie.
 * @throws RotoError `source_unreadable`, `source_has_no_video`, `source_too_small`
 */
export async function probeMovie(
  tools: FfmpegTools,
  path: string,
  signal?: AbortSignal,
): Promise<MovieProbe> {
  const report = await readReport(tools, path, signal);
  const stream = report.streams.find(
    (each) => each.codec_type === 'video' && each.disposition?.['attached_pic'] !== 1,
  );
  if (stream === undefined) {
    throw new RotoError('source_has_no_video', `${path} has no moving picture in it`, {
      param: 'source.path',
      hint: 'Expected a movie with a video stream, not sound or data alone.',
    });
  }
  const { width = 0, height = 0, pix_fmt, codec_name = 'unknown' } = stream;
  if (pix_fmt === undefined || width < 1 || height < 1) {
    throw new RotoError('source_unreadable', `No frame of ${path} (${codec_name}) can be decoded`, {
      param: 'source.path',
      hint: 'The file may be cut off or empty, or its codec unknown to this ffmpeg.',
    });
  }
  checkSize(path, width, height);
  const turn = displayTurn(stream);
  const container = report.format?.format_name ?? 'unknown';
  return {
    path,
    stream: stream.index,
    codec: codec_name,
    container,
    pixelFormat: pixelFormat(pix_fmt, stream),
    storedWidth: width,
    storedHeight: height,
    rotation: turn.rotation,
    mirrored: turn.mirrored,
    pixelAspect: pixelAspect(stream.sample_aspect_ratio, turn.rotation),
    color: colorTags(stream, pix_fmt),
    interlaced: /^(tt|bb|tb|bt)$/.test(stream.field_order ?? ''),
    timeBase: positiveFraction(stream.time_base) ?? { num: 1, den: 1000 },
    rates: [stream.r_frame_rate, stream.avg_frame_rate]
      .map(positiveFraction)
      .filter((rate) => rate !== undefined),
    reorders: (stream.has_b_frames ?? 0) > 0,
    declaredFrames: container.includes('mov') ? wholeNumber(stream.nb_frames) : undefined,
    declaredDuration: declaredDuration(report, stream),
    timecode: timecode(report, stream),
    hasAudio: report.streams.some((each) => each.codec_type === 'audio'),
  };
}

/**
 * Refuses pictures no engine can work on and pictures made to exhaust memory.
 * @throws RotoError `source_too_small`, `source_unreadable`
 */
export function checkSize(path: string, width: number, height: number): void {
  if (width < minSide || height < minSide) {
    throw new RotoError(
      'source_too_small',
      `${path} is ${width}x${height}; expected at least ${minSide}x${minSide} pixels`,
      { param: 'source.path' },
    );
  }
  if (width > maxSide || height > maxSide || width * height > maxPixels) {
    throw new RotoError(
      'source_unreadable',
      `${path} is ${width}x${height}; expected at most ${maxSide} a side and 268 megapixels`,
      { param: 'source.path' },
    );
  }
}

async function readReport(
  tools: FfmpegTools,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Report> {
  const lines: string[] = [];
  await runFfprobe({
    tools,
    path,
    options: ['-show_format', '-show_streams', '-of', 'json'],
    signal,
    onLine: (line) => lines.push(line),
  });
  try {
    return Report.parse(JSON.parse(lines.join('\n')));
  } catch (cause) {
    throw new RotoError('source_unreadable', `Could not understand what ffprobe says of ${path}`, {
      param: 'source.path',
      cause,
    });
  }
}

function pixelFormat(name: string, stream: Stream): PixelFormat {
  const isRgb = /^(x?(rgb|bgr)|gbr|argb|abgr|0rgb|0bgr|pal8|gray|ya|mono)/.test(name);
  const bits = /(?:p|gray|x2rgb|x2bgr)(9|10|12|14|16)(?:le|be)?$/.exec(name)?.[1];
  const wide = /^(rgb48|bgr48|rgba64|bgra64|ya16)/.test(name) ? 16 : 8;
  return {
    name,
    isRgb,
    bitDepth: /f32/.test(name) ? 32 : Number(bits ?? wide),
    // VP8 and VP9 keep alpha in a second stream that ffmpeg's own decoders do not show.
    hasAlpha:
      /^(yuva|rgba|bgra|argb|abgr|gbrap|ya\d|pal8)/.test(name) ||
      stream.tags?.['alpha_mode'] === '1' ||
      stream.tags?.['ALPHA_MODE'] === '1',
  };
}

function colorTags(stream: Stream, pixelFormatName: string): ColorTags {
  const range = stream.color_range;
  const named = range === 'pc' ? 'full' : range === 'tv' ? 'limited' : 'unknown';
  return {
    range: pixelFormatName.startsWith('yuvj') ? 'full' : named,
    matrix: stream.color_space ?? 'unknown',
    primaries: stream.color_primaries ?? 'unknown',
    transfer: stream.color_transfer ?? 'unknown',
  };
}

/** The clockwise turn a player makes; from the display matrix, else the older `rotate` tag. */
function displayTurn(stream: Stream): Pick<MovieProbe, 'rotation' | 'mirrored'> {
  const matrix = stream.side_data_list?.find((each) => each.rotation !== undefined);
  const tag = wholeNumber(stream.tags?.['rotate']);
  const clockwise = matrix?.rotation === undefined ? (tag ?? 0) : -matrix.rotation;
  const quarters = (((Math.round(clockwise / 90) % 4) + 4) % 4) * 90;
  const rotation = ([0, 90, 180, 270] as const).find((turn) => turn === quarters) ?? 0;
  return { rotation, mirrored: isMirrored(matrix?.displaymatrix) };
}

/** Whether ffprobe's dump of the 3x3 matrix has a negative determinant. */
function isMirrored(dump: string | undefined): boolean {
  const rows = (dump ?? '').split('\n').flatMap((line) => {
    const numbers = /^[0-9a-f]+: *(-?\d+) +(-?\d+)/.exec(line);
    return numbers === null ? [] : [[Number(numbers[1]), Number(numbers[2])] as const];
  });
  const [[a, b] = [1, 0], [c, d] = [0, 1]] = rows;
  return a * d - b * c < 0;
}

function pixelAspect(ratio: string | undefined, rotation: number): MovieProbe['pixelAspect'] {
  const found = positiveFraction(ratio) ?? { num: 1, den: 1 };
  return rotation % 180 === 0 ? found : { num: found.den, den: found.num };
}

/** Seconds a header field promises. ffprobe measures the duration of streams that have none. */
function declaredDuration(report: Report, stream: Stream): number | undefined {
  const container = report.format?.format_name ?? '';
  if (/mpegts|mpeg|h264|hevc|ivf|obu|mjpeg|yuv4mpeg|gif|apng/.test(container)) {
    return undefined;
  }
  const tag = stream.tags?.['DURATION'];
  const clock = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(tag ?? '');
  if (clock !== null) {
    return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  }
  const seconds = Number(report.format?.duration);
  return seconds > 0 ? seconds : undefined;
}

function timecode(report: Report, stream: Stream): string | undefined {
  const candidates = [stream.tags, report.format?.tags, ...report.streams.map((each) => each.tags)];
  return candidates
    .map((tags) => tags?.['timecode'] ?? tags?.['TIMECODE'])
    .find((code) => code !== undefined && /^\d{2}:\d{2}:\d{2}[:;.]\d{2}$/.test(code));
}

/** `num/den` or `num:den` in lowest terms, where both are above 0. */
export function positiveFraction(text: string | undefined): FrameRate | undefined {
  const [num = 0, den = 0] = (text ?? '').split(/[/:]/).map(Number);
  return num > 0 && den > 0 ? reduce(num, den) : undefined;
}

/** A fraction in lowest terms. */
export function reduce(num: number, den: number): FrameRate {
  let [a, b] = [num, den];
  while (b !== 0) {
    [a, b] = [b, a % b];
  }
  return { num: num / a, den: den / a };
}

function wholeNumber(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}
