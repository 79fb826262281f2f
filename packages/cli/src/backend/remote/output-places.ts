import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type FrameRange,
  type OutputFormat,
  type PlannedFile,
  RotoError,
  type Shot,
} from '@roto/sdk/contract';
import { quoted } from '../../args/numbers.ts';

/** Where each format lies under the output folder, as local runs write it. */
const places = {
  png8: (object) => `${object}/${object}.####.png`,
  png16: (object) => `${object}/${object}.####.png`,
  tiff16: (object) => `${object}/${object}.####.tif`,
  rgba: (object) => `${object}/${object}.####.png`,
  luma: (object) => `${object}.mp4`,
  prores4444: (object) => `${object}.mov`,
  webm: (object) => `${object}.webm`,
  greenscreen: () => 'greenscreen.mp4',
  rle: (object) => `${object}.rle.json`,
  logits: (object) => `${object}/${object}.####.npy`,
} as const satisfies Record<OutputFormat, (object: string) => string>;

type Place = Omit<PlannedFile, 'state'>;

/**
 * Every file a shot is written to, one entry a sequence.
 * @throws RotoError `output_conflict` where two would be the same
 */
export function outputPlaces(
  { objects, outputs }: Pick<Shot, 'objects' | 'outputs'>,
  out: string,
): Place[] {
  const all = outputs.flatMap(({ format }): Place[] =>
    format === 'greenscreen'
      ? [{ format, path: join(out, places[format]()) }]
      : objects.map(({ name }) => ({
          object: name,
          format,
          path: join(out, places[format](name)),
        })),
  );
  const taken = new Map<string, Place>();
  for (const place of all) {
    const key = place.path.toLowerCase();
    const other = taken.get(key);
    if (other !== undefined) {
      throw new RotoError(
        'output_conflict',
        `${other.format} and ${place.format} would both be written to ${basename(place.path)}.`,
        {
          param: 'outputs',
          hint: 'Keep one of them, or write the other in a run of its own with another output folder.',
        },
      );
    }
    taken.set(key, place);
  }
  return all;
}

/** The same with what is there already. */
export function plannedFiles(
  found: readonly Place[],
  { range, overwrite }: { readonly range: FrameRange; readonly overwrite: boolean },
): Promise<PlannedFile[]> {
  return Promise.all(
    found.map(async (place) => {
      const isThere = await exists(place.path, range);
      return { ...place, state: isThere ? (overwrite ? 'overwrite' : 'refused') : 'new' };
    }),
  );
}

/** @throws RotoError `output_exists` */
export function refuseExisting(files: readonly PlannedFile[]): void {
  const refused = files.find(({ state }) => state === 'refused');
  if (refused === undefined) return;
  throw new RotoError('output_exists', `${quoted(refused.path)} would be overwritten.`, {
    hint: 'Choose another folder, or allow overwriting.',
  });
}

async function exists(path: string, { first, last }: FrameRange): Promise<boolean> {
  const name = basename(path);
  const [before = '', after] = name.split('####');
  if (after === undefined) return (await lstat(path).catch(() => undefined)) !== undefined;
  const names = await readdir(dirname(path)).catch(() => []);
  return names.some((one) => {
    if (!one.startsWith(before) || !one.endsWith(after)) return false;
    const digits = one.slice(before.length, one.length - after.length);
    return /^-?\d+$/.test(digits) && Number(digits) >= first && Number(digits) <= last;
  });
}
