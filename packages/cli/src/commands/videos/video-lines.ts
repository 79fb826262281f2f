import type { Video } from '@roto/sdk/contract';
import { printable } from '../../io/printable.ts';
import { counted, formatBytes, formatRange, formatRate } from '../../io/quantities.ts';
import { shortTime } from '../list-options.ts';

/** A video in one row of a list. */
export function videoRow(video: Video): string[] {
  const { id, title, status, size_bytes, created_at } = video;
  return [id, status, formatBytes(size_bytes), shortTime(created_at), printable(title)];
}

/** A video for a person. */
export function videoLines(video: Video): string[] {
  const { id, title, kind, status, size_bytes, error_message, video_metadata: facts } = video;
  return [
    `${id}  ${printable(title)}`,
    `  ${kind}, ${status}, ${formatBytes(size_bytes)}, ${shortTime(video.created_at)} UTC`,
    ...(error_message === null ? [] : [`  ${printable(error_message)}`]),
    ...(facts === null
      ? []
      : [
          `  ${facts.width}x${facts.height}, ${formatRate(facts.rate)}, frames ${formatRange({ first: facts.firstFrame, last: facts.lastFrame })} (${counted(facts.frames, 'frame')})`,
          ...facts.warnings.map(({ message }) => `  warning: ${printable(message)}`),
        ]),
  ];
}
