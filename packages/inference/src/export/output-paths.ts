import { basename, dirname, join, resolve } from 'node:path';
import { type OutputFormat, RotoError } from '@roto/sdk/contract';
import { frameFile, framePattern } from './frame-file.ts';
import { logitsSidecarName } from './logits-sequence.ts';

/** An output before it is written. */
export interface OutputPath {
  /** Name of the object; undefined where one file holds them all. */
  readonly object?: string;
  readonly format: OutputFormat;
  /** Absolute; `####` stands for the frame number of a sequence. */
  readonly path: string;
  /** Absolute paths of every file that one frame goes into. */
  files(frame: number): readonly string[];
}

/** Where each format lies under the output folder. */
const places = {
  png8: sequence('png'),
  png16: sequence('png'),
  tiff16: sequence('tif'),
  rgba: sequence('png'),
  luma: movie('mp4'),
  prores4444: movie('mov'),
  webm: movie('webm'),
  greenscreen: () => 'greenscreen.mp4',
  rle: movie('rle.json'),
  logits: sequence('npy'),
} as const satisfies Record<OutputFormat, (object: string) => string>;

/**
 * Every output of a run: one for each object and asked-for format, and one greenscreen for all
 * objects together. `objects` are names; `out` may be relative to the current folder.
 * @throws RotoError `output_conflict` where two outputs would be the same file
 */
export function outputPaths(
  out: string,
  objects: readonly string[],
  outputs: readonly { readonly format: OutputFormat }[],
): OutputPath[] {
  const folder = resolve(out);
  const paths = outputs.flatMap(({ format }) =>
    format === 'greenscreen'
      ? [outputPath(folder, format, undefined)]
      : objects.map((object) => outputPath(folder, format, object)),
  );
  refuseConflicts(paths);
  return paths;
}

function outputPath(folder: string, format: OutputFormat, object: string | undefined): OutputPath {
  const path = join(folder, places[format](object ?? ''));
  return {
    ...(object === undefined ? {} : { object }),
    format,
    path,
    files(frame) {
      const file = frameFile(path, frame);
      return format === 'logits' ? [file, join(dirname(path), logitsSidecarName(path))] : [file];
    },
  };
}

/** Names are compared without case: on many disks `Hero` and `hero` are one folder. */
function refuseConflicts(paths: readonly OutputPath[]): void {
  const taken = new Map<string, OutputPath>();
  for (const path of paths) {
    const key = path.path.toLowerCase();
    const other = taken.get(key);
    if (other !== undefined) throw conflict(other, path);
    taken.set(key, path);
  }
}

function conflict(one: OutputPath, two: OutputPath): RotoError {
  const place = basename(one.path);
  if (one.format === two.format && one.object !== undefined && one.object === two.object) {
    return new RotoError('output_conflict', `${one.format} of ${one.object} is asked for twice`, {
      param: 'outputs',
      hint: 'Ask for each format once, and give every object a name of its own.',
    });
  }
  const [a, b] = [one, two].map((of) => (of.object ? `${of.format} of ${of.object}` : of.format));
  return new RotoError('output_conflict', `${a} and ${b} would both be written to ${place}`, {
    param: 'outputs',
    hint:
      one.object === two.object
        ? 'Keep one of them, or write the other in a run of its own with another output folder.'
        : 'Rename one of the objects.',
  });
}

function sequence(extension: string) {
  return (object: string) => join(object, `${object}.${framePattern}.${extension}`);
}

function movie(extension: string) {
  return (object: string) => `${object}.${extension}`;
}
