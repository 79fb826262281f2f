import { extname } from 'node:path';
import { findFfmpeg } from '../media/find-ffmpeg.ts';
import { type MovieProbe, probeMovie } from '../media/probe.ts';

/** What the header of a movie says of how it was written. */
export interface MovieFacts {
  /** ffmpeg's names. */
  readonly codec: string;
  readonly container: string;
  /** Whether every browser of today plays the file itself, frame for frame. */
  readonly playsInBrowsers: boolean;
}

/** Containers that browsers open, by the ending of the file, which says what it is served as. */
const containers: Readonly<Record<string, { readonly name: RegExp; readonly codecs: RegExp }>> = {
  '.mp4': { name: /\bmp4\b/, codecs: /^(h264|vp9|av1)$/ },
  '.m4v': { name: /\bmp4\b/, codecs: /^(h264|vp9|av1)$/ },
  '.webm': { name: /\bwebm\b/, codecs: /^(vp8|vp9|av1)$/ },
};

/**
 * Reads the header of a movie.
 * @throws RotoError `source_unreadable`, `source_has_no_video`, `source_too_small`
 */
export async function movieFacts(path: string, signal?: AbortSignal): Promise<MovieFacts> {
  const movie = await probeMovie(await findFfmpeg(), path, signal);
  return {
    codec: movie.codec,
    container: movie.container,
    playsInBrowsers: playsInBrowsers(path, movie),
  };
}

/** A doubt counts as no: a mezzanine costs time, a clip that does not play costs the user. */
function playsInBrowsers(path: string, movie: MovieProbe): boolean {
  const known = containers[extname(path).toLowerCase()];
  const [rate, other] = movie.rates;
  const isSteady = other === undefined || rate === undefined || sameRate(rate, other);
  return (
    known?.name.test(movie.container) === true &&
    known.codecs.test(movie.codec) &&
    /^yuvj?420p$/.test(movie.pixelFormat.name) &&
    isSteady &&
    !movie.interlaced &&
    !movie.mirrored &&
    movie.rotation === 0
  );
}

function sameRate(
  a: { readonly num: number; readonly den: number },
  b: { readonly num: number; readonly den: number },
): boolean {
  return Math.abs(a.num / a.den - b.num / b.den) < 0.001 * (b.num / b.den);
}
