import type { OutputFormat } from '@roto/sdk/contract';
import { type FfmpegTools, findFfmpeg } from '../media/find-ffmpeg.ts';
import { requireEncoder } from './encoders.ts';
import { FileWriter } from './file-writer.ts';
import { greenscreenRecipe } from './greenscreen-recipe.ts';
import { logitsSequence } from './logits-sequence.ts';
import { lumaRecipe } from './luma-recipe.ts';
import type { MovieRecipe } from './movie-recipe.ts';
import { MovieWriter } from './movie-writer.ts';
import { pictureSequence } from './picture-sequence.ts';
import { plateAudio } from './plate-audio.ts';
import { type PlateTimes, plateTimes } from './plate-times.ts';
import { RleWriter } from './rle-writer.ts';
import { type InterruptibleWriter, SerialWriter } from './serial-writer.ts';
import { proresRecipe, webmRecipe } from './straight-recipes.ts';
import type { MatteWriter, WriterContext } from './writer.ts';

/** The formats that go through ffmpeg, and the encoder each needs. */
const encoders = {
  luma: 'libx264',
  prores4444: 'prores_ks',
  webm: 'libvpx-vp9',
  greenscreen: 'libx264',
} as const satisfies Partial<Record<OutputFormat, string>>;

/**
 * Makes the writer of one output. Nothing is on disk before its first frame; what can be known to
 * fail earlier (a missing encoder, sound that cannot be read) fails here.
 * @param tools The ffmpeg to use; the one found unless given.
 * @throws RotoError `ffmpeg_missing`, `ffmpeg_unusable`, `source_unreadable`
 */
export async function createWriter(
  format: OutputFormat,
  context: WriterContext,
  tools?: FfmpegTools,
): Promise<MatteWriter> {
  return new SerialWriter(await writerOf(format, context, tools));
}

async function writerOf(
  format: OutputFormat,
  context: WriterContext,
  tools: FfmpegTools | undefined,
): Promise<InterruptibleWriter> {
  switch (format) {
    case 'png8':
    case 'png16':
    case 'tiff16':
    case 'rgba':
      return new FileWriter(context, pictureSequence(format, context));
    case 'logits':
      return new FileWriter(context, logitsSequence(context));
    case 'rle':
      return new RleWriter(context);
    case 'luma':
      return movieWriter(lumaRecipe(context), context, tools);
    case 'prores4444':
      return movieWriter(proresRecipe(context), context, tools);
    case 'webm':
      return movieWriter(webmRecipe(context), context, tools);
    case 'greenscreen':
      return movieWriter(greenscreenRecipe(context), context, tools);
  }
}

/** Whether frames must bring the plate at 16 bits. */
export function needsPlate(format: OutputFormat): boolean {
  return ['rgba', 'prores4444', 'webm', 'greenscreen'].includes(format);
}

/** Whether frames must bring the engine's own grid. */
export function needsMask(format: OutputFormat): boolean {
  return format === 'logits';
}

/**
 * Refuses formats this machine's ffmpeg cannot encode, before any work.
 * @throws RotoError `ffmpeg_missing`, `ffmpeg_unusable`
 */
export async function checkEncoders(
  formats: readonly OutputFormat[],
  tools?: FfmpegTools,
): Promise<void> {
  for (const format of formats) {
    const encoder = Object.entries(encoders).find(([name]) => name === format)?.[1];
    if (encoder !== undefined) await requireEncoder(tools ?? (await findFfmpeg()), encoder);
  }
}

async function movieWriter(
  recipe: MovieRecipe,
  context: WriterContext,
  given: FfmpegTools | undefined,
): Promise<InterruptibleWriter> {
  const tools = given ?? (await findFfmpeg());
  await requireEncoder(tools, recipe.encoder);
  const times = await plateTimes(tools, context);
  const audio = recipe.audio ? await plateAudio(tools, context, times) : undefined;
  warnOfLosses(recipe, context, times);
  return new MovieWriter({ context, recipe, tools, audio, times });
}

function warnOfLosses(
  { format, coded }: MovieRecipe,
  { clip, path, warn }: WriterContext,
  times: PlateTimes | undefined,
): void {
  if (coded.width !== clip.width || coded.height !== clip.height) {
    warn(
      'padded_odd_size',
      `${path} is ${coded.width}x${coded.height}: ${format} has even sides only, so the last column or row of ${clip.width}x${clip.height} is repeated once`,
    );
  }
  if (clip.variableRate && times === undefined) {
    warn(
      'variable_rate_flattened',
      `${path} has a constant rate of ${clip.rate.num}/${clip.rate.den}, but ${clip.path} has not: its frames are all there, their times are not kept`,
    );
  }
}
