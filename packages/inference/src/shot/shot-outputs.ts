import { resolve } from 'node:path';
import type { FrameRange, Shot, ShotOutput } from '@roto/sdk/contract';
import type { ExportOutput } from '../export/export-job.ts';
import { type OutputPath, outputPaths } from '../export/output-paths.ts';
import type { PreflightOptions } from '../export/preflight.ts';
import type { ClipInfo } from '../media/clip.ts';

/** The outputs of a shot with their places and what each was asked for. */
export interface ShotOutputs {
  readonly places: readonly OutputPath[];
  readonly outputs: readonly ExportOutput[];
}

/** @throws RotoError `output_conflict` */
export function shotOutputs(shot: Shot, out: string): ShotOutputs {
  const names = shot.objects.map((object) => object.name);
  const places = outputPaths(out, names, shot.outputs);
  const asked = new Map(shot.outputs.map((output) => [output.format, output]));
  return { places, outputs: places.map((place) => exportOutput(place, asked.get(place.format))) };
}

/** What is checked of the outputs before anything is tracked. */
export function preflightOptions(
  shot: Shot,
  options: { out: string; base: string; overwrite: boolean; clip: ClipInfo; range: FrameRange },
  places: readonly OutputPath[],
): PreflightOptions {
  const prompts = shot.objects.flatMap((object) => [
    ...object.prompts,
    ...object.locked.flatMap((lock) => lock.prompts),
  ]);
  return {
    out: resolve(options.out),
    outputs: places,
    range: options.range,
    overwrite: options.overwrite,
    clip: options.clip,
    inputs: prompts.flatMap((prompt) =>
      prompt.mask === undefined ? [] : [resolve(options.base, prompt.mask)],
    ),
  };
}

function exportOutput(place: OutputPath, asked: ShotOutput | undefined): ExportOutput {
  return {
    ...(place.object === undefined ? {} : { object: place.object }),
    format: place.format,
    path: place.path,
    premultiplied: asked?.premultiplied ?? false,
    color: asked?.color ?? '#00b140',
    despill: asked?.despill ?? false,
  };
}
