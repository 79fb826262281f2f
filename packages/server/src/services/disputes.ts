import type Stripe from 'stripe';
import { listSuperUsers } from '../db/queries/admin.ts';
import { creditsAskedBack, findPurchase } from '../db/queries/ledger.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Queue } from '../jobs/queue.ts';
import { returnTaken, takeBack } from './ledger.ts';
import { askForMail } from './mails.ts';
import { idOf, type MembershipDeps } from './memberships.ts';
import { paymentReference } from './payment-reference.ts';

/** What {@link handleDispute} stands on. */
export type DisputeDeps = MembershipDeps & { readonly queue: Queue };

/** Statuses of a dispute in which the bank has the money. An inquiry, which warns, takes none. */
const held: ReadonlySet<Stripe.Dispute.Status> = new Set([
  'needs_response',
  'under_review',
  'appeal_needs_response',
  'appeal_under_review',
  'lost',
]);

/**
 * A payment is disputed, or that is decided: while the bank has the money, the credits that it paid for
 * are taken back, as far as they are there, and returned once the dispute is won. Super users are told.
 */
export async function handleDispute(deps: DisputeDeps, id: string): Promise<void> {
  let dispute = await deps.stripe.disputes.retrieve(id);
  for (;;) {
    const { status } = dispute;
    await settleDispute(deps, dispute);
    // An event that tells of the end may have been handled meanwhile, and found nothing to return.
    dispute = await deps.stripe.disputes.retrieve(id);
    if (dispute.status === status) break;
  }
  deps.log.warn({ dispute: id, status: dispute.status }, 'a payment is disputed');
  await inTransaction(deps.db, async (trx) => {
    for (const userId of await listSuperUsers(trx)) {
      await askForMail(trx, deps, { userId, kind: 'payment_disputed' });
    }
  });
}

async function settleDispute(deps: DisputeDeps, dispute: Stripe.Dispute): Promise<void> {
  const charge = await deps.stripe.charges.retrieve(idOf(dispute.charge));
  if (charge.payment_intent === null || charge.metadata['roto_credits'] === undefined) return;
  const payment = idOf(charge.payment_intent);
  const bought = await findPurchase(deps.db, paymentReference(payment));
  if (bought === undefined) {
    throw new Error(`The credits of the payment ${payment} have not come yet.`);
  }
  const { userId, credits } = bought;
  const taken = `dispute:${dispute.id}`;
  const details = { dispute: dispute.id };
  await inTransaction(deps.db, async (trx) => {
    if (!held.has(dispute.status)) {
      const reference = `dispute-returned:${dispute.id}`;
      await returnTaken(trx, deps, { userId, taken, reference, details });
      return;
    }
    const left = credits - (await creditsAskedBack(trx, userId, payment));
    const due = Math.min(left, Math.floor((credits * dispute.amount) / charge.amount));
    await takeBack(trx, deps, { userId, credits: due, reference: taken, details });
  });
}
