import { basename, dirname, join } from 'node:path';

/** Stands for the frame number in the file name of a sequence. */
export const framePattern = '####';

/** A frame number as sequences write it: at least four digits, `1001`, `0007`, `-0012`. */
export function frameDigits(frame: number): string {
  return (frame < 0 ? '-' : '') + String(Math.abs(frame)).padStart(framePattern.length, '0');
}

/** Path of one frame; only the file name is a pattern, a folder may be called `####`. */
export function frameFile(path: string, frame: number): string {
  const name = basename(path);
  const at = name.lastIndexOf(framePattern);
  if (at < 0) return path;
  const end = at + framePattern.length;
  return join(dirname(path), name.slice(0, at) + frameDigits(frame) + name.slice(end));
}
