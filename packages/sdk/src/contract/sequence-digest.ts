import type { SequenceSource } from './videos.ts';

// A sequence is named by the SHA-256 of these lines in UTF-8: the head, then one for each frame by
// rising number.

/** How the frames are read: the same pictures at another rate are another clip. */
export function sequenceDigestHead({
  rate,
  missingFrames,
  inputColorspace,
}: SequenceSource): string {
  const fraction = rate === null ? '-' : `${rate.num}/${rate.den}`;
  return `roto.sequence/1 ${fraction} ${missingFrames} ${inputColorspace}\n`;
}

/** @param sha256 hex, of the frame's file */
export function sequenceDigestLine(frame: number, sha256: string): string {
  return `${frame} ${sha256}\n`;
}
