import type { ClipInfo } from '../media/clip.ts';
import type { YuvCoding } from './yuv.ts';

/** How the colour of a movie is coded, and what the file says of it, in ffmpeg's names. */
export interface OutputColor {
  readonly coding: YuvCoding;
  readonly matrix: string;
  readonly primaries: string;
  readonly transfer: string;
}

/** Luma weights of the matrices ffmpeg names; ITU-T H.273, table 4. */
const weights: Readonly<Record<string, { readonly kr: number; readonly kb: number }>> = {
  bt709: { kr: 0.2126, kb: 0.0722 },
  bt470bg: { kr: 0.299, kb: 0.114 },
  smpte170m: { kr: 0.299, kb: 0.114 },
  smpte240m: { kr: 0.212, kb: 0.087 },
  fcc: { kr: 0.3, kb: 0.11 },
  bt2020nc: { kr: 0.2627, kb: 0.0593 },
};
/** Read with the weights of the plain kind, so written as that. */
const readAs: Readonly<Record<string, string>> = { bt2020c: 'bt2020nc' };
const primaryNames = ['bt709', 'bt470m', 'bt470bg', 'smpte170m', 'smpte240m', 'film', 'bt2020'];
const p3Names = ['smpte428', 'smpte431', 'smpte432'];
const transferNames = [
  ...['bt709', 'gamma22', 'gamma28', 'smpte170m', 'smpte240m', 'linear', 'log100', 'log316'],
  ...['iec61966-2-4', 'bt1361e', 'iec61966-2-1', 'bt2020-10', 'bt2020-12', 'smpte2084'],
  ...['smpte428', 'arib-std-b67'],
];

/**
 * The plate's colour, kept: its matrix, primaries and transfer where it says them and they can be
 * written, else BT.709; and its range. Sequences are R'G'B' and get the limited range every player
 * expects of a movie.
 */
export function plateColor({ color, kind }: ClipInfo): OutputColor {
  const named = readAs[color.matrix] ?? color.matrix;
  const matrix = Object.hasOwn(weights, named) ? named : 'bt709';
  return {
    coding: codingOf(matrix, kind === 'movie' && color.range === 'full' ? 'full' : 'limited'),
    matrix,
    primaries: known([...primaryNames, ...p3Names], color.primaries),
    transfer: known(transferNames, color.transfer),
  };
}

/** The same in the limited range, for codecs that have no other. */
export function limitedRange(color: OutputColor): OutputColor {
  return { ...color, coding: { ...color.coding, range: 'limited' } };
}

/**
 * The same in the words a QuickTime file has: the BT.2020 curves are the BT.709 one (H.273, table 3),
 * and Apple's TN2162 writes all of them as that.
 */
export function quickTime(color: OutputColor): OutputColor {
  return color.transfer.startsWith('bt2020-') ? { ...color, transfer: 'bt709' } : color;
}

/** BT.709 in the limited range: black 16, white 235, as every player reads it. */
export const rec709: OutputColor = {
  coding: codingOf('bt709', 'limited'),
  matrix: 'bt709',
  primaries: 'bt709',
  transfer: 'bt709',
};

/** Options that say all this, for a raw input as for an encoded output. */
export function colorOptions({ coding, matrix, primaries, transfer }: OutputColor): string[] {
  return [
    ...['-color_range', coding.range === 'full' ? 'pc' : 'tv', '-colorspace', matrix],
    ...['-color_primaries', primaries, '-color_trc', transfer],
  ];
}

function codingOf(matrix: string, range: YuvCoding['range']): YuvCoding {
  return { ...(weights[matrix] ?? { kr: 0.2126, kb: 0.0722 }), range };
}

function known(names: readonly string[], name: string): string {
  return names.includes(name) ? name : 'bt709';
}
