/** Credits that are sold in one go. */
export interface CreditPack {
  readonly credits: number;
  /** Lookup key of its price at Stripe. */
  readonly stripePrice: string;
}

/** Every pack there is. */
export const creditPacks = {
  small: { credits: 100, stripePrice: 'roto_credits_100' },
  medium: { credits: 500, stripePrice: 'roto_credits_500' },
  large: { credits: 2000, stripePrice: 'roto_credits_2000' },
} as const satisfies Record<string, CreditPack>;

/** Whether there is a pack of that name. */
export function isCreditPack(name: string): name is keyof typeof creditPacks {
  return Object.hasOwn(creditPacks, name);
}
