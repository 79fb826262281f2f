import { type Membership, RotoError } from '@roto/sdk/contract';
import type Stripe from 'stripe';
import { setCustomer } from '../db/queries/memberships.ts';
import { findUser, type UserRow } from '../db/queries/users.ts';
import type { AppDeps } from '../deps.ts';
import { creditPacks, isCreditPack } from './credit-packs.ts';
import { syncSubscription, tierMetadata, tierNamed } from './memberships.ts';
import { asking } from './stripe-failure.ts';
import { isTier, type TierName, tiers } from './tiers.ts';

/** What the functions here stand on. */
export type BillingDeps = Pick<
  AppDeps,
  'db' | 'clock' | 'log' | 'config' | 'stripe' | 'linkOrigin'
>;

/** The same, where payments are taken. */
type PaidDeps = BillingDeps & { readonly stripe: Stripe };

/**
 * The deps of a service that takes payments.
 * @throws RotoError `billing_unavailable`
 */
export function withStripe<T extends { readonly stripe: Stripe | undefined }>(
  deps: T,
): T & { readonly stripe: Stripe } {
  const { stripe } = deps;
  if (stripe !== undefined) return { ...deps, stripe };
  throw new RotoError('billing_unavailable', 'This service takes no payments.', {
    hint: 'Those who run it can give credits.',
  });
}

/**
 * A page of Stripe on which a pack of credits is paid. The credits come when Stripe says that it was.
 * @throws RotoError `billing_unavailable`, `invalid_argument`, `unavailable`
 */
export async function purchaseCredits(
  given: BillingDeps,
  user: UserRow,
  pack: string,
): Promise<string> {
  const deps = withStripe(given);
  if (!isCreditPack(pack)) {
    const names = Object.keys(creditPacks).join(', ');
    throw new RotoError('invalid_argument', `Expected one of the packs ${names}.`, {
      param: 'pack',
    });
  }
  const { credits, stripePrice } = creditPacks[pack];
  const metadata = { roto_credits: String(credits), roto_pack: pack };
  return asking(async () => {
    const session = await deps.stripe.checkout.sessions.create({
      mode: 'payment',
      customer: await customerOf(deps, user),
      client_reference_id: user.id,
      line_items: [{ price: await priceOf(deps, stripePrice), quantity: 1 }],
      metadata,
      payment_intent_data: { metadata },
      ...returnPages(deps),
    });
    return pageOf(session);
  });
}

/**
 * A page of Stripe on which a tier is subscribed to.
 * @throws RotoError `billing_unavailable`, `invalid_argument`, `conflict`, `unavailable`
 */
export async function subscribe(given: BillingDeps, user: UserRow, name: string): Promise<string> {
  const deps = withStripe(given);
  const tier = soldTier(name);
  if (user.membership.stripe_subscription_id !== null) {
    throw new RotoError('conflict', 'The account has a subscription already.', {
      hint: 'Change its tier instead.',
    });
  }
  return asking(async () => {
    const customer = await customerOf(deps, user);
    await expireOpenSessions(deps, customer);
    const session = await deps.stripe.checkout.sessions.create({
      mode: 'subscription',
      customer,
      client_reference_id: user.id,
      line_items: [{ price: await priceOf(deps, tier.stripePrice), quantity: 1 }],
      subscription_data: { metadata: { [tierMetadata]: tier.name } },
      ...returnPages(deps),
    });
    return pageOf(session);
  });
}

/** Two pages for a subscription would make two subscriptions, both of them paid. */
async function expireOpenSessions({ stripe }: PaidDeps, customer: string): Promise<void> {
  const open = await stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 });
  for (const { id, mode } of open.data) {
    if (mode === 'subscription') await stripe.checkout.sessions.expire(id);
  }
}

/**
 * A page of Stripe on which invoices and ways to pay are.
 * @throws RotoError `billing_unavailable`, `unavailable`
 */
export async function openPortal(given: BillingDeps, user: UserRow): Promise<string> {
  const deps = withStripe(given);
  return asking(async () => {
    const session = await deps.stripe.billingPortal.sessions.create({
      customer: await customerOf(deps, user),
      return_url: `${deps.linkOrigin()}/`,
    });
    return session.url;
  });
}

/**
 * Moves a subscription to another tier: up at once, for the difference of what is left of the
 * period; down at its end. Going back to the tier one has takes a move down away.
 * @throws RotoError `billing_unavailable`, `invalid_argument`, `conflict`, `payment_failed`,
 * `unavailable`
 */
export async function changeTier(
  given: BillingDeps,
  user: UserRow,
  name: string,
): Promise<Membership> {
  const deps = withStripe(given);
  const tier = soldTier(name);
  const id = subscriptionOf(user.membership);
  const current = tierNamed(user.membership.tier) ?? 'free';
  const isUp = tiers[tier.name].rank > tiers[current].rank;
  await asking(async () => {
    // From a move down that waits: first back, so that the difference is the one to the tier paid.
    if (isUp && user.membership.pending_tier_change !== null) {
      await setPrice(deps, id, { tier: soldTier(current), isCharged: false });
    }
    await setPrice(deps, id, { tier, isCharged: isUp });
    await syncSubscription(deps, id);
  });
  return membershipOf(deps, user.id);
}

interface PriceChange {
  readonly tier: SoldTier;
  /** Whether the difference is paid now; else the next invoice has the new price. */
  readonly isCharged: boolean;
}

async function setPrice(
  deps: PaidDeps,
  id: string,
  { tier, isCharged }: PriceChange,
): Promise<void> {
  const subscription = await deps.stripe.subscriptions.retrieve(id);
  const item = subscription.items.data[0];
  if (item === undefined) throw new Error(`The subscription ${id} has no item.`);
  await deps.stripe.subscriptions.update(id, {
    items: [{ id: item.id, price: await priceOf(deps, tier.stripePrice) }],
    metadata: { [tierMetadata]: tier.name },
    proration_behavior: isCharged ? 'always_invoice' : 'none',
    ...(isCharged ? { payment_behavior: 'error_if_incomplete' as const } : {}),
  });
}

/**
 * Says whether a subscription goes on after its period: without, it is cancelled then.
 * @throws RotoError `billing_unavailable`, `conflict`, `unavailable`
 */
export async function setAutoRenewal(
  given: BillingDeps,
  user: UserRow,
  isOn: boolean,
): Promise<Membership> {
  const deps = withStripe(given);
  const id = subscriptionOf(user.membership);
  await asking(async () => {
    await deps.stripe.subscriptions.update(id, { cancel_at_period_end: !isOn });
    await syncSubscription(deps, id);
  });
  return membershipOf(deps, user.id);
}

async function membershipOf({ db }: Pick<BillingDeps, 'db'>, userId: string): Promise<Membership> {
  const user = await findUser(db, userId);
  if (user === undefined) throw new RotoError('not_found', 'The account was deleted.');
  return user.membership;
}

function subscriptionOf({ stripe_subscription_id: id }: Membership): string {
  if (id !== null) return id;
  throw new RotoError('conflict', 'The account has no subscription.', {
    hint: 'Subscribe to a tier first.',
  });
}

interface SoldTier {
  readonly name: TierName;
  readonly stripePrice: string;
}

function soldTier(name: string): SoldTier {
  const stripePrice = isTier(name) ? tiers[name].stripePrice : null;
  if (isTier(name) && stripePrice !== null) return { name, stripePrice };
  const sold = Object.entries(tiers).filter(([, tier]) => tier.stripePrice !== null);
  const names = sold.map(([tier]) => tier).join(', ');
  throw new RotoError('invalid_argument', `Expected one of the tiers ${names}.`, {
    param: 'tier',
    hint: 'To leave a subscription, cancel it.',
  });
}

/** The customer of Stripe that an account is, made the first time. */
async function customerOf({ db, stripe }: PaidDeps, user: UserRow): Promise<string> {
  if (user.stripe_customer_id !== null) return user.stripe_customer_id;
  const customer = await stripe.customers.create(
    { ...(user.email === null ? {} : { email: user.email }), metadata: { roto_user: user.id } },
    { idempotencyKey: `customer-${user.id}` },
  );
  return setCustomer(db, user.id, customer.id);
}

async function priceOf({ stripe }: PaidDeps, lookupKey: string): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey], active: true, limit: 1 });
  const price = data[0];
  if (price !== undefined) return price.id;
  throw new Error(`Stripe has no active price with the lookup key ${lookupKey}.`);
}

function returnPages({ linkOrigin }: Pick<BillingDeps, 'linkOrigin'>) {
  return {
    success_url: `${linkOrigin()}/?payment=done`,
    cancel_url: `${linkOrigin()}/?payment=left`,
  };
}

function pageOf({ url, id }: Stripe.Checkout.Session): string {
  if (url === null) throw new Error(`The checkout session ${id} has no page.`);
  return url;
}
