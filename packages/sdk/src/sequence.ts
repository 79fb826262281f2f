import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RotoError } from './contract/errors.ts';
import type { FrameRange } from './contract/frames.ts';

/** Where the number stands in the names of a sequence. */
export interface SequencePattern {
  readonly folder: string;
  readonly prefix: string;
  readonly suffix: string;
  /** Digits a number is filled up to with zeros; 1 for none. */
  readonly padding: number;
  /** Frames the name itself asks for: `plate.1001-1100.exr`. */
  readonly range: FrameRange | undefined;
}

/** One picture of a sequence on disk. */
export interface SequenceFrame {
  readonly number: number;
  readonly path: string;
}

/** Frames found for a pattern, by rising number, each number once. */
export interface FoundSequence {
  readonly pattern: SequencePattern;
  readonly frames: readonly SequenceFrame[];
}

const pictureSuffix = /\.(png|jpe?g|tiff?|exr)$/i;
const maxPadding = 12;
const maxNumber = 2 ** 31 - 1;

/** Whether the name is one of a picture roto reads as a frame. */
export function isPictureName(path: string): boolean {
  return pictureSuffix.test(path);
}

/**
 * Reads the ways artists write a sequence: `plate.####.png`, `%04d`, `%d`, `$F4`, `$F`, `@@@`,
 * `plate.1001-1100.exr`. The last such mark of the file's name counts; the folder is taken as it is.
 * @returns undefined where the name has no mark or is not that of a picture.
 */
export function parseSequencePattern(path: string): SequencePattern | undefined {
  const name = basename(path);
  if (!isPictureName(name)) {
    return undefined;
  }
  const marks = [...name.matchAll(/#+|@+|%0?(\d*)d|\$F(\d*)|(-?\d+)-(-?\d+)(?=\.[^.]*$)/g)];
  const mark = marks.at(-1);
  if (mark === undefined) {
    return undefined;
  }
  const [text, printf, houdini, first, last] = mark;
  const place = {
    folder: dirname(path),
    prefix: name.slice(0, mark.index),
    suffix: name.slice(mark.index + text.length),
  };
  if (first !== undefined && last !== undefined) {
    const range = { first: Number(first), last: Number(last) };
    const digits = first.replace('-', '').length;
    return range.first <= range.last && digits <= maxPadding
      ? { ...place, padding: digits, range }
      : undefined;
  }
  const padding = Number(printf ?? houdini ?? text.length) || 1;
  return padding <= maxPadding ? { ...place, padding, range: undefined } : undefined;
}

/** Name of one frame: `-001` and `1001` for a padding of 4, as `%04d` writes them. */
export function frameName(pattern: SequencePattern, number: number): string {
  const digits = String(Math.abs(number));
  const width = number < 0 ? pattern.padding - 1 : pattern.padding;
  const sign = number < 0 ? '-' : '';
  return `${pattern.prefix}${sign}${digits.padStart(width, '0')}${pattern.suffix}`;
}

/** Number of the frame of that name; undefined where it is none of this sequence. */
export function frameNumber(pattern: SequencePattern, name: string): number | undefined {
  const { prefix, suffix, padding } = pattern;
  const end = name.length - suffix.length;
  if (end <= prefix.length || !name.startsWith(prefix) || !name.endsWith(suffix)) {
    return undefined;
  }
  const digits = /^(-?)(\d+)$/.exec(name.slice(prefix.length, end));
  const [, sign = '', figures = ''] = digits ?? [];
  const number = Number(sign + figures);
  const isPadded = figures.length === padding || (sign !== '' && figures.length === padding - 1);
  const isLonger = figures.length > padding && !figures.startsWith('0');
  const isNumber = digits !== null && Math.abs(number) <= maxNumber && !Object.is(number, -0);
  return isNumber && (isPadded || isLonger) ? number : undefined;
}

/** The pattern as roto writes it everywhere: `####` for the number. */
export function patternPath(pattern: SequencePattern): string {
  return join(pattern.folder, `${pattern.prefix}${'#'.repeat(pattern.padding)}${pattern.suffix}`);
}

/**
 * Lists the frames of a pattern that are on disk, within the range its name gives.
 * @throws RotoError `source_not_found`, `source_unreadable`
 */
export async function findSequence(pattern: SequencePattern): Promise<FoundSequence> {
  const frames: SequenceFrame[] = [];
  const { range, folder } = pattern;
  for (const name of await listNames(folder)) {
    const number = frameNumber(pattern, name);
    if (number !== undefined && (range === undefined || isWithin(range, number))) {
      frames.push({ number, path: join(folder, name) });
    }
  }
  if (frames.length === 0) {
    throw new RotoError('source_not_found', `No picture fits ${patternPath(pattern)}`, {
      param: 'source.path',
      hint: `Expected names such as ${frameName(pattern, range?.first ?? 1001)}.`,
    });
  }
  return { pattern, frames: inOrder(frames) };
}

/**
 * The one numbered sequence a folder holds.
 * @throws RotoError `source_not_found`, `source_unreadable` where it holds none or several.
 */
export async function findSequenceIn(folder: string): Promise<FoundSequence> {
  const groups = new Map<string, SequencePattern>();
  for (const name of await listNames(folder)) {
    const pattern = name.startsWith('.') ? undefined : patternOfName(folder, name);
    if (pattern !== undefined) {
      const key = JSON.stringify([pattern.prefix, pattern.suffix]);
      const known = groups.get(key);
      const padding = Math.min(pattern.padding, known?.padding ?? pattern.padding);
      groups.set(key, { ...pattern, padding });
    }
  }
  const [pattern, ...others] = groups.values();
  if (pattern === undefined) {
    throw new RotoError('source_not_found', `${folder} holds no numbered pictures`, {
      param: 'source.path',
      hint: 'Expected PNG, JPEG, TIFF or EXR files with frame numbers, such as plate.1001.png.',
    });
  }
  if (others.length > 0) {
    const names = [pattern, ...others.slice(0, 3)].map((each) => basename(patternPath(each)));
    throw new RotoError(
      'source_unreadable',
      `${folder} holds ${others.length + 1} sequences: ${names.join(', ')}`,
      { param: 'source.path', hint: `Name one of them, for example ${names[0]}.` },
    );
  }
  return findSequence(pattern);
}

/** A single picture as a sequence of one, numbered as its name says, else 0. */
export function singlePicture(path: string): FoundSequence {
  const name = basename(path);
  const pattern = patternOfName(dirname(path), name);
  if (pattern === undefined) {
    const none = { folder: dirname(path), prefix: name, suffix: '', padding: 1, range: undefined };
    return { pattern: none, frames: [{ number: 0, path }] };
  }
  return { pattern, frames: [{ number: frameNumber(pattern, name) ?? 0, path }] };
}

/**
 * The sequence that an absolute path names: a folder's, a picture by itself, or what a pattern finds.
 * Undefined for any other file, and where there is nothing of that name.
 * @throws RotoError `source_not_found`, `source_unreadable`
 */
export async function sequenceAt(path: string): Promise<FoundSequence | undefined> {
  const entry = path.includes('\0') ? undefined : await stat(path).catch(() => undefined);
  if (entry?.isDirectory()) return findSequenceIn(path);
  if (entry !== undefined) {
    return entry.isFile() && isPictureName(path) ? singlePicture(path) : undefined;
  }
  const pattern = parseSequencePattern(path);
  return pattern === undefined ? undefined : findSequence(pattern);
}

/** The last run of digits before the ending is the number; `-` is its sign after `.` or `_`. */
function patternOfName(folder: string, name: string): SequencePattern | undefined {
  const found = /^(.*?)((?<=[._])-)?(\d{1,12})(\D*\.[A-Za-z]+)$/s.exec(name);
  const [, prefix = '', sign = '', digits = '', suffix = ''] = found ?? [];
  if (found === null || !isPictureName(name)) {
    return undefined;
  }
  const isZeroFilled = digits.startsWith('0');
  const padding = sign !== '' && isZeroFilled ? digits.length + 1 : digits.length;
  return { folder, prefix, suffix, padding, range: undefined };
}

async function listNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (cause) {
    throw new RotoError('source_not_found', `Could not read the folder ${folder}`, {
      param: 'source.path',
      hint: 'Expected the folder the sequence lies in.',
      cause,
    });
  }
}

function inOrder(frames: SequenceFrame[]): SequenceFrame[] {
  const ordered = frames.toSorted((a, b) => a.number - b.number);
  const twice = ordered.find((frame, at) => frame.number === ordered[at - 1]?.number);
  if (twice !== undefined) {
    throw new RotoError(
      'source_unreadable',
      `Frame ${twice.number} is there twice, as ${twice.path} and under another name`,
      { param: 'source.path' },
    );
  }
  return ordered;
}

function isWithin({ first, last }: FrameRange, number: number): boolean {
  return first <= number && number <= last;
}
