import { z } from 'zod';
import { NewPassword } from './auth.ts';
import { idOf } from './ids.ts';

/** A point in time as the service writes it: ISO 8601, UTC. */
export const Timestamp = z.iso.datetime().meta({ example: '2026-11-25T12:00:00.000Z' });

export const MembershipStatus = z.enum(['active', 'past_due', 'canceled']);

/** What an account is subscribed to. */
export const Membership = z
  .object({
    tier: z.string(),
    status: MembershipStatus,
    auto_renewal: z.boolean(),
    stripe_subscription_id: z.string().nullable(),
    updated_at: Timestamp.nullable(),
    current_period_end: Timestamp.nullable(),
    /** When a subscription that was cancelled ends. */
    cancel_at: Timestamp.nullable(),
    /** The tier that follows at the end of the period. */
    pending_tier_change: z.string().nullable(),
  })
  .meta({ id: 'Membership' });
export type Membership = z.infer<typeof Membership>;

/** What an account keeps in storage. A GB is 1e9 bytes. */
export const StorageUsed = z
  .object({
    total_bytes: z.int().nonnegative(),
    total_gb: z.number().nonnegative(),
    file_count: z.int().nonnegative(),
    breakdown: z.object({
      videos_gb: z.number().nonnegative(),
      masks_gb: z.number().nonnegative(),
      thumbnails_gb: z.number().nonnegative(),
      other_gb: z.number().nonnegative(),
    }),
    last_updated: Timestamp.nullable(),
  })
  .meta({ id: 'StorageUsed' });
export type StorageUsed = z.infer<typeof StorageUsed>;

/** An account as its owner sees it. */
export const User = z
  .object({
    id: idOf('user'),
    email: z.string(),
    created_at: Timestamp,
    is_confirmed: z.boolean(),
    super_user: z.boolean(),
    user_credits: z.int().nonnegative(),
    membership: Membership,
    storage_used: StorageUsed,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

/** One's password, before and after. */
export const PasswordChange = z
  .object({ current_password: z.string().min(1).max(200), new_password: NewPassword })
  .meta({ id: 'PasswordChange' });
export type PasswordChange = z.infer<typeof PasswordChange>;

/** Deleting an account takes its password. */
export const DeleteAccountParams = z
  .object({ password: z.string().min(1).max(200) })
  .meta({ id: 'DeleteAccountParams' });
export type DeleteAccountParams = z.infer<typeof DeleteAccountParams>;
