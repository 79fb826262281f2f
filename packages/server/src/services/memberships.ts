import type { Membership } from '@roto/sdk/contract';
import type Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { findUserByCustomer, setMembership } from '../db/queries/memberships.ts';
import { lockUser, type UserRow } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Log } from '../log.ts';
import { grant } from './ledger.ts';
import { isTier, type TierName, tiers } from './tiers.ts';

/** What the functions here stand on. */
export interface MembershipDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<Config, 'credits'>;
  readonly stripe: Stripe;
}

/** Name of the metadata in which a subscription says its tier. */
export const tierMetadata = 'roto_tier';

/** Times that a subscription is asked for before it has to be as it was a moment ago. */
const mostLooks = 5;

/** Statuses in which a subscription gives its tier. */
const live: ReadonlySet<string> = new Set(['active', 'trialing', 'past_due']);

/**
 * Brings an account in line with its subscription as Stripe has it now. What an event says of it is
 * never used: events come late, twice and out of order. It is asked for again after it was applied,
 * since two of these may run at once, and the one that asked first may write last.
 */
export async function syncSubscription(deps: MembershipDeps, id: string): Promise<void> {
  let applied = '';
  for (let look = 0; look < mostLooks; look += 1) {
    const subscription = await deps.stripe.subscriptions.retrieve(id);
    const state = JSON.stringify(subscription);
    if (state === applied) return;
    await applySubscription(deps, subscription);
    applied = state;
  }
}

async function applySubscription(
  deps: MembershipDeps,
  subscription: Stripe.Subscription,
): Promise<void> {
  const customer = idOf(subscription.customer);
  const known = await findUserByCustomer(deps.db, customer);
  if (known === undefined) {
    deps.log.warn({ customer }, 'a subscription of a customer without an account');
    return;
  }
  await inTransaction(deps.db, async (trx) => {
    const user = await lockUser(trx, known.id);
    if (user === undefined) return;
    const next = live.has(subscription.status)
      ? liveMembership(user.membership, subscription, deps.clock())
      : endedMembership(user.membership, subscription, deps.clock());
    if (next === undefined) return;
    await grantUpgrade(trx, deps, { user, next, subscription });
    await setMembership(trx, user.id, next);
  });
}

/** The id of something that Stripe may have expanded. */
export function idOf(reference: string | { readonly id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

interface Period {
  readonly start: Date;
  readonly end: Date;
}

function periodOf({ items, id }: Stripe.Subscription): Period {
  const item = items.data[0];
  if (item === undefined) throw new Error(`The subscription ${id} has no item.`);
  const { current_period_start, current_period_end } = item;
  return { start: new Date(current_period_start * 1000), end: new Date(current_period_end * 1000) };
}

function tierOfSubscription({ items, metadata, id }: Stripe.Subscription): TierName {
  const tier =
    tierOfPrice(items.data[0]?.price.lookup_key ?? null) ?? tierNamed(metadata[tierMetadata]);
  if (tier !== undefined) return tier;
  throw new Error(`The subscription ${id} is of no tier that there is.`);
}

/** The tier that a price at Stripe is for. */
export function tierOfPrice(lookupKey: string | null): TierName | undefined {
  const names = Object.keys(tiers).filter(isTier);
  return names.find((name) => lookupKey !== null && tiers[name].stripePrice === lookupKey);
}

/** A tier by the name that metadata of ours has. */
export function tierNamed(name: string | undefined): TierName | undefined {
  return name !== undefined && isTier(name) ? name : undefined;
}

/** Going up counts at once; going down waits for the next period. */
function liveMembership(
  before: Membership,
  subscription: Stripe.Subscription,
  now: Date,
): Membership {
  const { end } = periodOf(subscription);
  const tier = tierOfSubscription(subscription);
  const current = tierNamed(before.tier) ?? 'free';
  const isSamePeriod =
    before.stripe_subscription_id === subscription.id &&
    before.current_period_end !== null &&
    end <= new Date(before.current_period_end);
  const waits = tiers[tier].rank < tiers[current].rank && isSamePeriod;
  const cancelAt =
    subscription.cancel_at !== null
      ? new Date(subscription.cancel_at * 1000)
      : subscription.cancel_at_period_end
        ? end
        : null;
  return {
    tier: waits ? current : tier,
    status: subscription.status === 'past_due' ? 'past_due' : 'active',
    auto_renewal: cancelAt === null,
    stripe_subscription_id: subscription.id,
    updated_at: now.toISOString(),
    current_period_end: end.toISOString(),
    cancel_at: cancelAt?.toISOString() ?? null,
    pending_tier_change: waits ? tier : null,
  };
}

/** Undefined where the subscription is not the account's, or was never begun. */
function endedMembership(
  before: Membership,
  { id, status }: Stripe.Subscription,
  now: Date,
): Membership | undefined {
  if (before.stripe_subscription_id !== id) return undefined;
  // An unpaid one comes back when its invoice is paid.
  const isOver = status === 'canceled' || status === 'incomplete_expired';
  return {
    tier: 'free',
    status: isOver ? 'canceled' : 'past_due',
    auto_renewal: false,
    stripe_subscription_id: isOver ? null : id,
    updated_at: now.toISOString(),
    current_period_end: null,
    cancel_at: null,
    pending_tier_change: null,
  };
}

interface Change {
  readonly user: UserRow;
  readonly next: Membership;
  readonly subscription: Stripe.Subscription;
}

/** Who goes up within a period gets the difference of its credits, for what is left of it. */
async function grantUpgrade(
  trx: Trx,
  deps: MembershipDeps,
  { user, next, subscription }: Change,
): Promise<void> {
  if (!deps.config.credits || user.membership.stripe_subscription_id !== subscription.id) return;
  const [from, to] = [tierNamed(user.membership.tier) ?? 'free', tierNamed(next.tier) ?? 'free'];
  if (from === 'free' || tiers[to].rank <= tiers[from].rank) return;
  const { start, end } = periodOf(subscription);
  const left = (end.getTime() - deps.clock().getTime()) / (end.getTime() - start.getTime());
  const difference = tiers[to].monthlyCredits - tiers[from].monthlyCredits;
  const credits = Math.floor(difference * Math.min(Math.max(left, 0), 1));
  if (credits <= 0) return;
  await grant(trx, deps, {
    userId: user.id,
    credits,
    reference: `upgrade:${subscription.id}:${to}:${end.getTime()}`,
    details: { tier: to },
  });
}
