/** Evidence that what was found is the object; all of it cheap. */
export interface PresenceEvidence {
  /** Mean score of the running target model over the found cells. */
  readonly score: number;
  /** Mean score of the keys' own model over the found cells. */
  readonly keyScore: number;
  /** Mean score over the found cells as a share of what it was while surely seen. */
  readonly scoreRatio: number;
  /** Soft IoU of the decoder's mask and the prior. */
  readonly agreement: number;
  readonly expectedIou: number;
  /** Area found over the area last seen, and over the key's. */
  readonly areaRatio: number;
  readonly keyAreaRatio: number;
  /** Whether the object was lost on the frame before. */
  readonly wasLost: boolean;
}

const leastArea = 0.04;

/** How sure it is that the object is in the picture, 0..1. */
export function presenceScore(evidence: PresenceEvidence): number {
  if (evidence.keyAreaRatio < leastArea) {
    return 0;
  }
  return 1;
}
