import { z } from 'zod';
import { Email } from './auth.ts';
import { idOf } from './ids.ts';
import { PageQuery, pageOf } from './pagination.ts';
import { Timestamp, User } from './users.ts';

/** An account as super users see it. */
export const AdminUser = User.extend({
  /** Null once the account was deleted. */
  email: z.string().nullable(),
  reserved_credits: z.int().nonnegative(),
  stripe_customer_id: z.string().nullable(),
  deleted_at: Timestamp.nullable(),
}).meta({ id: 'AdminUser' });
export type AdminUser = z.infer<typeof AdminUser>;

export const AdminUserPage = pageOf(AdminUser).meta({ id: 'AdminUserPage' });
export type AdminUserPage = z.infer<typeof AdminUserPage>;

export const AdminUsersQuery = PageQuery.extend({
  email: z.string().min(1).max(254).optional().meta({ description: 'A part of the address.' }),
});
export type AdminUsersQuery = z.infer<typeof AdminUsersQuery>;

/** What super users change of an account; what is absent stays. */
export const AdminUserChanges = z
  .object({
    email: Email.optional(),
    is_confirmed: z.boolean().optional(),
    super_user: z.boolean().optional(),
    tier: z.string().min(1).max(50).optional(),
  })
  .meta({ id: 'AdminUserChanges' });
export type AdminUserChanges = z.infer<typeof AdminUserChanges>;

export const GrantParams = z
  .object({
    credits: z
      .int()
      .min(-1_000_000)
      .max(1_000_000)
      .refine((credits) => credits !== 0, { error: 'Expected credits to give, or to take away' })
      .meta({ description: 'Negative ones are taken away, as far as they are there.' }),
    reason: z.string().trim().min(1).max(500),
  })
  .meta({ id: 'GrantParams' });
export type GrantParams = z.infer<typeof GrantParams>;

/** What a super user did. */
export const AdminAction = z
  .object({
    id: idOf('action'),
    admin_id: idOf('user'),
    action_type: z.string(),
    target_user_id: idOf('user').nullable(),
    /** With `before` and `after`, where something was changed. */
    details: z.record(z.string(), z.unknown()),
    created_at: Timestamp,
  })
  .meta({ id: 'AdminAction' });
export type AdminAction = z.infer<typeof AdminAction>;

export const AdminActionPage = pageOf(AdminAction).meta({ id: 'AdminActionPage' });
export type AdminActionPage = z.infer<typeof AdminActionPage>;

export const AdminActionsQuery = PageQuery.extend({
  admin_id: idOf('user').optional(),
  target_user_id: idOf('user').optional(),
});
export type AdminActionsQuery = z.infer<typeof AdminActionsQuery>;

/** A number that super users may change. */
export const SettingEntry = z
  .object({
    key: z.string(),
    value: z.number(),
    text: z.string(),
    least: z.number(),
    most: z.number(),
  })
  .meta({ id: 'Setting' });
export type SettingEntry = z.infer<typeof SettingEntry>;

export const SettingList = z.object({ data: z.array(SettingEntry) }).meta({ id: 'SettingList' });
export type SettingList = z.infer<typeof SettingList>;

export const SettingChanges = z
  .object({ values: z.record(z.string().min(1).max(100), z.number()) })
  .meta({ id: 'SettingChanges' });
export type SettingChanges = z.infer<typeof SettingChanges>;

/** How many jobs wait and run, by the name of the queue. */
export const QueueState = z
  .object({
    queues: z.array(
      z.object({
        name: z.string(),
        waiting: z.int().nonnegative(),
        running: z.int().nonnegative(),
        failed: z.int().nonnegative(),
      }),
    ),
    tasks: z.object({
      pending: z.int().nonnegative(),
      processing: z.int().nonnegative(),
    }),
  })
  .meta({ id: 'QueueState' });
export type QueueState = z.infer<typeof QueueState>;

/** A process that works, as it reported itself. */
export const WorkerState = z
  .object({
    id: idOf('worker'),
    hostname: z.string(),
    version: z.string(),
    device: z.string(),
    models: z.array(z.string()),
    qualities: z.array(z.string()),
    concurrency: z.int().positive(),
    state: z.enum(['starting', 'ready', 'stopping']),
    started_at: Timestamp,
    heartbeat_at: Timestamp,
  })
  .meta({ id: 'WorkerState' });
export type WorkerState = z.infer<typeof WorkerState>;

export const WorkerList = z.object({ data: z.array(WorkerState) }).meta({ id: 'WorkerList' });
export type WorkerList = z.infer<typeof WorkerList>;
