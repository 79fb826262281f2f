import { z } from 'zod';
import { idOf } from './ids.ts';
import { pageOf } from './pagination.ts';
import { Quality } from './shot.ts';
import { Timestamp } from './users.ts';

/** What an account can spend, in whole credits. */
export const CreditBalance = z
  .object({
    /** Credits that can be spent. */
    available: z.int().nonnegative(),
    /** Credits set aside for tasks that wait or run. */
    reserved: z.int().nonnegative(),
    /** False where the service runs unmetered: then nothing costs anything. */
    metered: z.boolean(),
  })
  .meta({ id: 'CreditBalance' });
export type CreditBalance = z.infer<typeof CreditBalance>;

/** One movement of credits. */
export const CreditMovement = z
  .object({
    id: idOf('transaction'),
    kind: z.enum([
      'grant',
      'purchase',
      'reserve',
      'capture',
      'release',
      'refund',
      'expire',
      'adjustment',
    ]),
    /** Credits that it added to what can be spent, or took from it. */
    available: z.int(),
    /** Credits that it added to what is set aside, or took from it. */
    reserved: z.int(),
    task_id: idOf('task').nullable(),
    created_at: Timestamp,
  })
  .meta({ id: 'CreditMovement' });
export type CreditMovement = z.infer<typeof CreditMovement>;

export const CreditMovementPage = pageOf(CreditMovement).meta({ id: 'CreditMovementPage' });
export type CreditMovementPage = z.infer<typeof CreditMovementPage>;

/** What a tier gets and may. */
export const TierSummary = z
  .object({
    name: z.string(),
    title: z.string(),
    monthly_credits: z.int().nonnegative(),
    storage_bytes: z.int().nonnegative(),
    /** Tasks that run at a time. */
    concurrency: z.int().positive(),
    largest_upload_bytes: z.int().nonnegative(),
    qualities: z.array(Quality),
    /** Whether it can be subscribed to. */
    is_sold: z.boolean(),
  })
  .meta({ id: 'Tier' });
export type TierSummary = z.infer<typeof TierSummary>;

/** What there is to buy. */
export const Offers = z
  .object({
    tiers: z.array(TierSummary),
    credit_packs: z.array(z.object({ name: z.string(), credits: z.int().positive() })),
  })
  .meta({ id: 'Offers' });
export type Offers = z.infer<typeof Offers>;

export const PurchaseParams = z
  .object({
    pack: z.string().min(1).max(50).meta({ description: 'Name of a pack of credits.' }),
  })
  .meta({ id: 'PurchaseParams' });
export type PurchaseParams = z.infer<typeof PurchaseParams>;

/** A tier to go to. */
export const TierParams = z
  .object({ tier: z.string().min(1).max(50).meta({ example: 'artist' }) })
  .meta({ id: 'TierParams' });
export type TierParams = z.infer<typeof TierParams>;

export const AutoRenewalParams = z
  .object({ auto_renewal: z.boolean() })
  .meta({ id: 'AutoRenewalParams' });
export type AutoRenewalParams = z.infer<typeof AutoRenewalParams>;

/** A page of Stripe to send the person to. */
export const StripePage = z.object({ url: z.url() }).meta({ id: 'StripePage' });
export type StripePage = z.infer<typeof StripePage>;

export const StripeEventReceipt = z
  .object({ received: z.literal(true) })
  .meta({ id: 'StripeEventReceipt' });
export type StripeEventReceipt = z.infer<typeof StripeEventReceipt>;
