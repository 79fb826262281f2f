import type { ClipInfo } from '../media/clip.ts';

const written = /^(\d{1,2}):(\d{1,2}):(\d{1,2})([:;.,])(\d{1,3})$/;
/** Frames a second that timecode tracks are defined for, in old and new ffmpeg. */
const counted = [24, 25, 30, 48, 50, 60, 100, 120];

/**
 * Timecode of a frame of a clip, `01:00:00:00` (`;` before the frames of a drop-frame one): the
 * clip's own start moved on by the frames before this one. A sequence without one counts from 0, so
 * that frame 1001 at 24 is `00:00:41:17`. Undefined where there is none to give: a movie that has
 * none, a frame before 0, or a rate that timecode is not defined for.
 */
export function timecodeAt(
  { kind, rate, timecode, firstFrame }: ClipInfo,
  frame: number,
): string | undefined {
  const fps = Math.round(rate.num / rate.den);
  if (!counted.includes(fps)) return undefined;
  if (timecode === undefined) {
    return kind === 'sequence' && frame >= 0 ? formatCount(frame, fps, false) : undefined;
  }
  const start = parseCount(timecode, fps);
  return start && formatCount(start.count + frame - firstFrame, fps, start.drop);
}

function parseCount(timecode: string, fps: number): { count: number; drop: boolean } | undefined {
  const match = written.exec(timecode);
  if (match === null) return undefined;
  const [hours, minutes, seconds, frames] = [1, 2, 3, 5].map((group) => Number(match[group]));
  const totalMinutes = (hours ?? 0) * 60 + (minutes ?? 0);
  const drop = match[4] !== ':' && (fps === 30 || fps === 60);
  const counted = (totalMinutes * 60 + (seconds ?? 0)) * fps + (frames ?? 0);
  // Drop-frame leaves out the first numbers of every minute but each tenth; SMPTE ST 12-1.
  const dropped = drop ? (fps / 15) * (totalMinutes - Math.floor(totalMinutes / 10)) : 0;
  return { count: counted - dropped, drop };
}

function formatCount(count: number, fps: number, drop: boolean): string {
  const perMinute = fps / 15;
  const numbersInTen = 600 * fps - 9 * perMinute;
  const inDay = drop ? numbersInTen * 144 : 86_400 * fps;
  let number = ((count % inDay) + inDay) % inDay;
  if (drop) {
    const tens = Math.floor(number / numbersInTen);
    const rest = number % numbersInTen;
    const minutes = Math.max(0, Math.floor((rest - perMinute) / (60 * fps - perMinute)));
    number += perMinute * (9 * tens + minutes);
  }
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const seconds = number / fps;
  const [h, m, s] = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return `${pad(h)}:${pad(m)}:${pad(s)}${drop ? ';' : ':'}${pad(number % fps)}`;
}
