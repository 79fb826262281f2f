import { RotoError } from '@roto/sdk/contract';
import Stripe from 'stripe';
import { creditsAskedBack, findPurchase } from '../db/queries/ledger.ts';
import { findUserByCustomer } from '../db/queries/memberships.ts';
import {
  addStripeEvent,
  findOpenStripeEvent,
  markStripeEvent,
} from '../db/queries/stripe-events.ts';
import { inTransaction } from '../db/transaction.ts';
import type { AppDeps } from '../deps.ts';
import type { Queue } from '../jobs/queue.ts';
import { withStripe } from './billing.ts';
import { handleDispute } from './disputes.ts';
import { grant, purchase, takeBack } from './ledger.ts';
import { askForMail } from './mails.ts';
import {
  idOf,
  type MembershipDeps,
  syncSubscription,
  tierMetadata,
  tierNamed,
  tierOfPrice,
} from './memberships.ts';
import { paymentReference } from './payment-reference.ts';
import { type TierName, tiers } from './tiers.ts';

/** Types of events that change something here. */
const heeded: ReadonlySet<string> = new Set([
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'invoice.paid',
  'invoice.payment_failed',
  'charge.refunded',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
]);

/** An event as it came. */
export interface SignedEvent {
  /** The body, as it came. */
  readonly body: string;
  /** The header `stripe-signature`. */
  readonly signature: string | undefined;
}

/**
 * Takes an event from Stripe: checks that it is Stripe's, keeps which thing it is about, and has a job
 * handle it. One that came before is left alone.
 * @throws RotoError `billing_unavailable`, `webhook_invalid`
 */
export async function receiveStripeEvent(
  given: Pick<AppDeps, 'db' | 'queue' | 'config' | 'stripe'>,
  { body, signature }: SignedEvent,
): Promise<void> {
  const { db, queue, config, stripe } = withStripe(given);
  const event = verified(stripe, body, signature, config.stripe?.webhookSecret ?? '');
  const { object } = event.data;
  const objectId = 'id' in object && typeof object.id === 'string' ? object.id : undefined;
  if (!heeded.has(event.type) || objectId === undefined) return;
  await inTransaction(db, async (trx) => {
    const row = { id: event.id, type: event.type, created_at: new Date(event.created * 1000) };
    if (await addStripeEvent(trx, row, { objectId })) {
      await queue.enqueue(trx, 'stripe-event', { eventId: event.id });
    }
  });
}

function verified(
  stripe: Stripe,
  body: string,
  signature: string | undefined,
  secret: string,
): Stripe.Event {
  try {
    return stripe.webhooks.constructEvent(body, signature ?? '', secret);
  } catch (cause) {
    const isForged = cause instanceof Stripe.errors.StripeSignatureVerificationError;
    if (!isForged && !(cause instanceof SyntaxError)) throw cause;
    throw new RotoError('webhook_invalid', 'This is not signed by Stripe with our secret.', {
      param: 'stripe-signature',
      cause,
    });
  }
}

/** What {@link handleStripeEvent} stands on. */
export interface StripeEventDeps extends Omit<MembershipDeps, 'stripe'> {
  readonly queue: Queue;
  readonly stripe: Stripe | undefined;
}

type Deps = MembershipDeps & Pick<StripeEventDeps, 'queue'>;

/**
 * Does what an event asks for, by what Stripe says of its thing now. Everything here may happen again
 * without harm: movements of credits are named after what they are for.
 */
export async function handleStripeEvent(given: StripeEventDeps, eventId: string): Promise<void> {
  const event = await findOpenStripeEvent(given.db, eventId);
  if (event === undefined) return;
  try {
    await handle(withStripe(given), event);
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    await markStripeEvent(given.db, eventId, { error });
    throw cause;
  }
  await markStripeEvent(given.db, eventId, { processed_at: given.clock() });
}

async function handle(
  deps: Deps,
  { type, objectId }: { readonly type: string; readonly objectId: string },
): Promise<void> {
  if (type.startsWith('checkout.session.')) return handleSession(deps, objectId);
  if (type.startsWith('customer.subscription.')) return syncSubscription(deps, objectId);
  if (type === 'invoice.paid') return handlePaidInvoice(deps, objectId);
  if (type === 'invoice.payment_failed') return handleFailedInvoice(deps, objectId);
  if (type === 'charge.refunded') return handleRefund(deps, objectId);
  if (type.startsWith('charge.dispute.')) return handleDispute(deps, objectId);
  throw new Error(`There is nothing to do for events of the type ${type}.`);
}

async function handleSession(deps: Deps, id: string): Promise<void> {
  const session = await deps.stripe.checkout.sessions.retrieve(id);
  if (session.subscription !== null) return syncSubscription(deps, idOf(session.subscription));
  const credits = Number(session.metadata?.['roto_credits']);
  if (session.payment_status !== 'paid' || !Number.isSafeInteger(credits)) return;
  if (session.customer === null || session.payment_intent === null) return;
  const user = await findUserByCustomer(deps.db, idOf(session.customer));
  if (user === undefined) {
    deps.log.warn({ session: id }, 'credits were paid for an account that is gone');
    return;
  }
  const payment = idOf(session.payment_intent);
  const details = { payment, pack: session.metadata?.['roto_pack'] };
  await inTransaction(deps.db, (trx) =>
    purchase(trx, deps, {
      userId: user.id,
      credits,
      reference: paymentReference(payment),
      details,
    }),
  );
}

function subscriptionOfInvoice({ parent }: Stripe.Invoice): string | undefined {
  const subscription = parent?.subscription_details?.subscription;
  return subscription === undefined ? undefined : idOf(subscription);
}

/** Reasons of invoices that begin a period. Those for going up within one are no period's. */
const beginnings: ReadonlySet<string | null> = new Set([
  'subscription_create',
  'subscription_cycle',
]);

/** A period was paid: its credits come, once for each invoice. */
async function handlePaidInvoice(deps: Deps, id: string): Promise<void> {
  const invoice = await deps.stripe.invoices.retrieve(id);
  const subscription = subscriptionOfInvoice(invoice);
  if (subscription === undefined || invoice.customer === null) return;
  await syncSubscription(deps, subscription);
  if (invoice.status !== 'paid' || !beginnings.has(invoice.billing_reason)) return;
  const user = await findUserByCustomer(deps.db, idOf(invoice.customer));
  if (user === undefined || !deps.config.credits) return;
  const tier = await tierOfInvoice(deps, invoice);
  await inTransaction(deps.db, (trx) =>
    grant(trx, deps, {
      userId: user.id,
      credits: tiers[tier].monthlyCredits,
      reference: `invoice:${id}`,
      details: { tier },
    }),
  );
}

/** By what the invoice was for: the subscription may be another tier's by now. */
async function tierOfInvoice({ stripe }: Deps, invoice: Stripe.Invoice): Promise<TierName> {
  for (const { pricing } of invoice.lines.data) {
    const price = pricing?.price_details?.price;
    if (price === undefined) continue;
    const { lookup_key } = typeof price === 'string' ? await stripe.prices.retrieve(price) : price;
    const tier = tierOfPrice(lookup_key);
    if (tier !== undefined) return tier;
  }
  const tier = tierNamed(invoice.parent?.subscription_details?.metadata?.[tierMetadata]);
  if (tier !== undefined) return tier;
  throw new Error(`The invoice ${invoice.id} is for no tier that there is.`);
}

/** Stripe tries to take the payment again for a while; the person is told. */
async function handleFailedInvoice(deps: Deps, id: string): Promise<void> {
  const invoice = await deps.stripe.invoices.retrieve(id);
  const subscription = subscriptionOfInvoice(invoice);
  if (subscription === undefined || invoice.customer === null) return;
  await syncSubscription(deps, subscription);
  const user = await findUserByCustomer(deps.db, idOf(invoice.customer));
  if (user === undefined || invoice.status === 'paid') return;
  await inTransaction(deps.db, (trx) =>
    askForMail(trx, deps, { userId: user.id, kind: 'payment_failed' }),
  );
}

/** A payment was given back, all or a part of it: so many of its credits go, if they are there. */
async function handleRefund(deps: Deps, id: string): Promise<void> {
  const charge = await deps.stripe.charges.retrieve(id);
  if (charge.payment_intent === null || charge.metadata['roto_credits'] === undefined) return;
  const payment = idOf(charge.payment_intent);
  const bought = await findPurchase(deps.db, paymentReference(payment));
  if (bought === undefined) {
    throw new Error(`The credits of the payment ${payment} have not come yet.`);
  }
  const { userId, credits } = bought;
  const due = Math.floor((credits * charge.amount_refunded) / charge.amount);
  await inTransaction(deps.db, async (trx) => {
    const asked = await creditsAskedBack(trx, userId, payment);
    if (due <= asked) return;
    const reference = `payment-refund:${payment}:${due}`;
    await takeBack(trx, deps, { userId, credits: due - asked, reference, details: { payment } });
  });
}
