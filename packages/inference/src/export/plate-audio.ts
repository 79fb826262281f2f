import { z } from 'zod';
import type { FfmpegInput } from '../media/ffmpeg.ts';
import { runFfprobe, safeInput } from '../media/ffprobe.ts';
import type { FfmpegTools } from '../media/find-ffmpeg.ts';
import { editListCutsLast } from './edit-lists.ts';
import type { PlateTimes } from './plate-times.ts';
import type { WriterContext } from './writer.ts';

/** The plate's sound on its way into an mp4. */
export interface PlateAudio {
  readonly input: FfmpegInput;
  /** Options of the output: which streams of input 1, and how they are coded. */
  readonly options: readonly string[];
}

/** What an mp4 takes as it is, in every ffmpeg; anything else becomes AAC. */
const copied = new Set(['aac', 'mp3', 'ac3', 'eac3', 'alac']);

const Report = z.looseObject({
  streams: z
    .array(
      z.looseObject({
        index: z.int(),
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        start_time: z.string().optional(),
      }),
    )
    .default([]),
  format: z.looseObject({ start_time: z.string().optional() }).optional(),
});

/**
 * All sound streams of the plate, cut to the exported frames where they are not the whole clip;
 * undefined where there is none. Streams of a codec unknown to this ffmpeg are left out with the
 * warning `audio_dropped`.
 * @param times where frames are not evenly spaced.
 */
export async function plateAudio(
  tools: FfmpegTools,
  context: WriterContext,
  times: PlateTimes | undefined,
): Promise<PlateAudio | undefined> {
  const { clip, signal } = context;
  if (clip.kind !== 'movie' || !clip.hasAudio) return undefined;
  const lines: string[] = [];
  await runFfprobe({
    tools,
    path: clip.path,
    signal,
    options: [
      ...['-show_entries', 'format=start_time:stream=index,codec_type,codec_name,start_time'],
      ...['-of', 'json'],
    ],
    onLine: (line) => lines.push(line),
  });
  const { streams, format } = Report.parse(JSON.parse(lines.join('\n')));
  const sounds = streams.filter((stream) => stream.codec_type === 'audio');
  const readable = sounds.filter(
    ({ codec_name = 'unknown' }) => !/^(unknown|none)$/.test(codec_name),
  );
  if (readable.length < sounds.length) {
    context.warn(
      'audio_dropped',
      `${sounds.length - readable.length} sound streams of ${clip.path} are of an unknown kind and left out`,
    );
  }
  if (readable.length === 0) return undefined;
  const picture = streams.find((stream) => stream.codec_type === 'video');
  // Copied sound begins before the cut, which only an edit list can hide.
  const mayCopy = times === undefined || !editListCutsLast(tools);
  const lead = seconds(picture?.start_time) - seconds(format?.start_time);
  return {
    input: { from: clip.path, options: [...safeInput, ...cut(context, lead, times)] },
    options: readable.flatMap(({ index, codec_name = '' }, at) => [
      ...['-map', `1:${index}`, `-c:a:${at}`],
      ...(mayCopy && copied.has(codec_name) ? ['copy'] : ['aac', `-b:a:${at}`, '256k']),
    ]),
  };
}

/**
 * Where the sound of the exported frames begins in the file and how long it lasts. `lead` is how
 * long, in seconds, the file runs before its first picture.
 */
function cut(
  { clip, firstFrame, lastFrame }: WriterContext,
  lead: number,
  times: PlateTimes | undefined,
): string[] {
  const frame = clip.rate.den / clip.rate.num;
  const start = lead + (times?.start ?? (firstFrame - clip.firstFrame) * frame);
  const duration = times?.duration ?? (lastFrame - firstFrame + 1) * frame;
  const whole = firstFrame === clip.firstFrame && lastFrame === clip.lastFrame;
  return [
    ...(start > 0 ? ['-ss', start.toFixed(6)] : []),
    ...(whole ? [] : ['-t', duration.toFixed(6)]),
  ];
}

function seconds(text: string | undefined): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
}
