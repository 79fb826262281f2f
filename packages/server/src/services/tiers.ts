import type { Membership, Quality } from '@roto/sdk/contract';

/** What an account of a tier gets, and may. */
export interface Tier {
  /** For people. */
  readonly title: string;
  /** Credits that come each month. */
  readonly monthlyCredits: number;
  /** Bytes that all files of the account may have together. */
  readonly storageBytes: number;
  /** Tasks that run at a time; more wait. */
  readonly concurrency: number;
  /** Bytes that one movie or one sequence may have. */
  readonly largestUploadBytes: number;
  /** Qualities that masks may be made in. */
  readonly qualities: readonly Quality[];
  /** Lookup key of the tier's monthly price at Stripe; null for what is not sold. */
  readonly stripePrice: string | null;
  /** Dearer tiers rank higher: going up counts at once, going down at the end of the period. */
  readonly rank: number;
}

const GB = 1e9;

/** Every tier there is: the one place that says what they are. */
export const tiers = {
  free: {
    title: 'Free',
    monthlyCredits: 20,
    storageBytes: 5 * GB,
    concurrency: 1,
    largestUploadBytes: 2 * GB,
    qualities: ['draft', 'standard'],
    stripePrice: null,
    rank: 0,
  },
  artist: {
    title: 'Artist',
    monthlyCredits: 500,
    storageBytes: 200 * GB,
    concurrency: 2,
    largestUploadBytes: 20 * GB,
    qualities: ['draft', 'standard', 'high', 'max'],
    stripePrice: 'roto_artist_monthly',
    rank: 1,
  },
  studio: {
    title: 'Studio',
    monthlyCredits: 5000,
    storageBytes: 2000 * GB,
    concurrency: 8,
    largestUploadBytes: 200 * GB,
    qualities: ['draft', 'standard', 'high', 'max'],
    stripePrice: 'roto_studio_monthly',
    rank: 2,
  },
} as const satisfies Record<string, Tier>;

export type TierName = keyof typeof tiers;

/** Whether there is a tier of that name. */
export function isTier(name: string): name is TierName {
  return Object.hasOwn(tiers, name);
}

/** The tier of an account. One that is not in the table any more counts as free. */
export function tierOf({ membership }: { readonly membership: Membership }): Tier {
  return isTier(membership.tier) ? tiers[membership.tier] : tiers.free;
}
