import type { FrameRate } from '@roto/sdk/contract';

/** Seconds for a person: `0.8 s`, `34 s`, `5 min 12 s`, `3 h 07 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in decimal units (SI): `512 B`, `1.2 MB`, `34 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? 'B'}`;
}

/** `24 fps`, `23.976 fps`. */
export function formatRate({ num, den }: FrameRate): string {
  return `${Number((num / den).toFixed(3))} fps`;
}

/** How fast frames come: `3.2 frames/s`, slower than one a second `2.1 s/frame`; nothing at 0. */
export function formatSpeed(framesPerSecond: number | undefined): string | undefined {
  if (framesPerSecond === undefined || framesPerSecond <= 0) return undefined;
  if (framesPerSecond >= 1) return `${framesPerSecond.toFixed(1)} frames/s`;
  return `${(1 / framesPerSecond).toFixed(1)} s/frame`;
}

/** Frames as ranges: `1001-1004, 1010`; after `most` ranges the rest is counted. */
export function formatFrames(frames: readonly number[], most = 6): string {
  const ranges: { first: number; last: number }[] = [];
  for (const frame of [...frames].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && frame <= open.last + 1) open.last = frame;
    else ranges.push({ first: frame, last: frame });
  }
  const shown = ranges.slice(0, most).map(formatRange);
  const hidden = ranges.slice(most).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return hidden === 0 ? shown.join(', ') : `${shown.join(', ')} and ${hidden} more`;
}

/** `1001-1100`, or `1001` for one frame. */
export function formatRange({ first, last }: { first: number; last: number }): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** `1 frame`, `2 frames`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
