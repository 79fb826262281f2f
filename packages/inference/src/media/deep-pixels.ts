import { setImmediate } from 'node:timers/promises';
import { movieColor } from './movie-color.ts';
import type { MovieProbe } from './probe.ts';

/** How frames of 16 bits a channel are had from a movie. */
export interface DeepPixels {
  /** Bits to decode at. */
  readonly depth: 8 | 16;
  /** Brings decoded bytes to little-endian samples of 0..65535, in place where it can. */
  finish(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Chooses how. swscale's 16-bit output does not reach 65535: white comes out as 65283 from limited
 * range, and from full range as the stored white moved up with zeros below; both are stretched here.
 * RGB of 8 bits, which it would take through YUV, is widened here instead.
 */
export function deepPixels(movie: MovieProbe): DeepPixels {
  const { isRgb, bitDepth, name } = movie.pixelFormat;
  const isGrey = /^(gray|ya|mono)/.test(name);
  if (isRgb && bitDepth === 8) {
    return { depth: 8, finish: (bytes) => Promise.resolve(widen(bytes)) };
  }
  const isWhole = (isRgb && !isGrey) || bitDepth > 16;
  const fullWhite = (2 ** bitDepth - 1) * 2 ** (16 - bitDepth);
  const white = movieColor(movie).range === 'limited' ? 65_283 : fullWhite;
  return {
    depth: 16,
    finish: (bytes) => (isWhole ? Promise.resolve(bytes) : stretch(bytes, white)),
  };
}

/** Samples of 8 bits as 16: 255 becomes 65535. */
export function widen(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const out = new Uint16Array(bytes.length);
  for (let at = 0; at < out.length; at++) {
    out[at] = (bytes[at] ?? 0) * 257;
  }
  return new Uint8Array(out.buffer);
}

/** Samples stretched before other work gets its turn: a few milliseconds' worth. */
const slice = 2 ** 20;

async function stretch(
  bytes: Uint8Array<ArrayBuffer>,
  white: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const samples = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const gain = 65_535 / white;
  for (let start = 0; start < samples.length; start += slice) {
    const end = Math.min(samples.length, start + slice);
    for (let at = start; at < end; at++) {
      samples[at] = Math.min(65_535, (samples[at] ?? 0) * gain + 0.5);
    }
    await setImmediate();
  }
  return bytes;
}
