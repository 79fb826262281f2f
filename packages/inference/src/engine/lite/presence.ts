/** Evidence on whether what was found is the object; all of it cheap. */
export interface PresenceEvidence {
  /**
   * Mean score of the found cells by the model of the keys alone, which learns nothing of what is
   * tracked and so cannot come to like the background: about 1 on the object, -1 off it.
   */
  readonly meanKeyScore: number;
  /** Best such score of a cell: high even where most of the object is hidden or changed. */
  readonly bestKeyScore: number;
  /** Soft IoU of the decoder's mask and the prior. */
  readonly agreement: number;
  /** Area found over the key's. */
  readonly keyAreaRatio: number;
  /** Area found over the larger of the key's and the one last seen. */
  readonly growth: number;
  /** Whether the object was lost on the frame before. */
  readonly wasLost: boolean;
  /**
   * How far what was found and has no trust yet stands still on the ground, while the object was
   * moving when it was last seen, 0..1.
   */
  readonly idle: number;
}

/** Found areas below this share of the key's are no sight of the object. */
const leastArea = 0.02;
/**
 * Scores at which an object that was there a frame ago is as likely there as not, and the
 * steepness. On clips in which an object leaves the picture the mean stays below .05 and the best
 * below .45 as it goes; of a thing all but hidden behind others little more may be seen.
 */
const mean = { even: 0.05, weight: 6 } as const;
const best = { even: 0.45, weight: 6 } as const;
const agreed = { even: 0.6, weight: 1 } as const;
/**
 * A lost object must show itself more clearly than one that was there a frame ago, and the decoder
 * must make of the place what the target model does: over a wide view chance likenesses score up to
 * .7, but the decoder agrees with them by less than .3.
 */
const lost = { penalty: 1.9, agreement: { even: 0.5, weight: 4 } } as const;
/** Something larger than this at once is more likely another thing that came in front. */
const sudden = { growth: 2, weight: 3 } as const;

/** What moved and is found again standing is more likely a part of the ground that looks alike. */
const idleWeight = 4;

/** How sure it is that the object is in the picture, 0..1: a logistic sum of the evidence. */
export function presenceScore(evidence: PresenceEvidence): number {
  if (evidence.keyAreaRatio < leastArea) {
    return 0;
  }
  const unproved = evidence.wasLost
    ? lost.penalty - lost.agreement.weight * (evidence.agreement - lost.agreement.even)
    : 0;
  const sum =
    mean.weight * (evidence.meanKeyScore - mean.even) +
    best.weight * (evidence.bestKeyScore - best.even) +
    agreed.weight * (evidence.agreement - agreed.even) -
    idleWeight * evidence.idle -
    sudden.weight * Math.max(0, Math.log(evidence.growth / sudden.growth)) -
    unproved;
  return 1 / (1 + Math.exp(-sum));
}
