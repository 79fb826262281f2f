import type { MovieProbe } from './probe.ts';

/** How the stored numbers are turned to RGB: swscale's names for matrix and range. */
export interface MovieColor {
  /** Undefined for pictures stored as RGB or grey. */
  readonly matrix: string | undefined;
  readonly range: 'full' | 'limited';
  /** What had to be assumed because the file does not say it; empty where it says all. */
  readonly assumed: string;
}

/** swscale's names for the matrices of ITU-T H.273; others have no plain RGB form in ffmpeg. */
const matrices: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'fcc',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

/**
 * Chooses matrix and range. Untagged YUV is limited range; its matrix is BT.709 from 1280 pixels
 * wide or 577 high on, BT.601 below, as players do.
 */
export function movieColor(movie: MovieProbe): MovieColor {
  const { color, pixelFormat } = movie;
  if (pixelFormat.isRgb || color.matrix === 'gbr') {
    const range = color.range === 'limited' ? 'limited' : 'full';
    return { matrix: undefined, range, assumed: '' };
  }
  const range = color.range === 'full' ? 'full' : 'limited';
  const tagged = matrices[color.matrix];
  if (tagged !== undefined) {
    return { matrix: tagged, range, assumed: '' };
  }
  const matrix = movie.storedWidth >= 1280 || movie.storedHeight > 576 ? 'bt709' : 'bt601';
  return { matrix, range, assumed: `${matrix} assumed` };
}

const turns: Readonly<Record<MovieProbe['rotation'], string>> = {
  0: '',
  90: ',transpose=clock',
  180: ',hflip,vflip',
  270: ',transpose=cclock',
};

/**
 * Filters from a stored frame to a displayed RGB one of 8 or 16 bits a channel: chroma interpolated
 * and rounded in full precision, never resized; the turn comes last, where all planes are whole.
 */
export function toDisplayedRgb(movie: MovieProbe, depth: 8 | 16): string {
  const { matrix, range } = movieColor(movie);
  const scale = [
    `in_range=${range}`,
    'out_range=full',
    ...(matrix === undefined ? [] : [`in_color_matrix=${matrix}`]),
    'flags=bicubic+full_chroma_int+full_chroma_inp+accurate_rnd+bitexact',
  ];
  return `scale=${scale.join(':')},format=${depth === 8 ? 'rgb24' : 'rgb48le'}${turns[movie.rotation]}`;
}
