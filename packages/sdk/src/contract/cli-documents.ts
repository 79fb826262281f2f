import { z } from 'zod';
import { AdminAction, AdminUser, QueueState, SettingEntry, WorkerState } from './admin.ts';
import { ApiKey, NewApiKey } from './api-keys.ts';
import { ConfirmResult } from './auth.ts';
import { CreditBalance, CreditMovement, Offers, TierSummary } from './billing.ts';
import { Task } from './tasks.ts';
import { Membership, User } from './users.ts';
import { StorageReport, Video } from './videos.ts';

/** Printed by `roto login` and `roto whoami`. */
export const AccountDocument = z.object({
  schema: z.literal('roto.account/1'),
  /** Address of the server. */
  server: z.string(),
  /** Null where flags and environment alone say which server it is. */
  profile: z.string().nullable(),
  user: User,
});
export type AccountDocument = z.infer<typeof AccountDocument>;

/** Printed by `roto logout`. */
export const LogoutDocument = z.object({
  schema: z.literal('roto.logout/1'),
  profiles: z.array(z.string()),
  /** Those whose server could not be told. */
  unreached: z.array(z.string()),
});
export type LogoutDocument = z.infer<typeof LogoutDocument>;

/** Printed by `roto register` and `roto resend-confirmation`. */
export const MailDocument = z.object({
  schema: z.literal('roto.mail/1'),
  status: z.literal('mail_sent'),
  email: z.string(),
});
export type MailDocument = z.infer<typeof MailDocument>;

/** Printed by `roto confirm`. */
export const ConfirmedDocument = ConfirmResult.extend({ schema: z.literal('roto.confirmed/1') });
export type ConfirmedDocument = z.infer<typeof ConfirmedDocument>;

/** Printed by `roto upload` and by `roto videos show` and `rename`. */
export const VideoDocument = z.object({ schema: z.literal('roto.video/1'), video: Video });
export type VideoDocument = z.infer<typeof VideoDocument>;

/** Printed by `roto videos list`. */
export const VideosDocument = z.object({
  schema: z.literal('roto.videos/1'),
  videos: z.array(Video),
});
export type VideosDocument = z.infer<typeof VideosDocument>;

/** Printed by `roto tasks show`, `cancel` and `retry`. */
export const TaskDocument = z.object({ schema: z.literal('roto.task/1'), task: Task });
export type TaskDocument = z.infer<typeof TaskDocument>;

/** Printed by `roto tasks list` and `watch`. */
export const TasksDocument = z.object({ schema: z.literal('roto.tasks/1'), tasks: z.array(Task) });
export type TasksDocument = z.infer<typeof TasksDocument>;

/** Printed by what writes files that the server has: their absolute paths. */
export const DownloadedDocument = z.object({
  schema: z.literal('roto.downloaded/1'),
  files: z.array(z.string()),
});
export type DownloadedDocument = z.infer<typeof DownloadedDocument>;

/** Printed by what deletes or revokes something. */
export const DeletedDocument = z.object({ schema: z.literal('roto.deleted/1'), id: z.string() });
export type DeletedDocument = z.infer<typeof DeletedDocument>;

/** Printed by `roto credits`. */
export const CreditsDocument = CreditBalance.extend({ schema: z.literal('roto.credits/1') });
export type CreditsDocument = z.infer<typeof CreditsDocument>;

/** Printed by `roto credits history`. */
export const CreditHistoryDocument = z.object({
  schema: z.literal('roto.credit-history/1'),
  movements: z.array(CreditMovement),
});
export type CreditHistoryDocument = z.infer<typeof CreditHistoryDocument>;

/** Printed by `roto credits buy` without a pack. */
export const PacksDocument = z.object({
  schema: z.literal('roto.packs/1'),
  packs: Offers.shape.credit_packs,
});
export type PacksDocument = z.infer<typeof PacksDocument>;

/** A page for a browser: printed by `roto open`, and by what is paid on a page. */
export const PageDocument = z.object({ schema: z.literal('roto.page/1'), url: z.string() });
export type PageDocument = z.infer<typeof PageDocument>;

/** Printed by `roto plan`, and by what changes it. */
export const MembershipDocument = Membership.extend({ schema: z.literal('roto.membership/1') });
export type MembershipDocument = z.infer<typeof MembershipDocument>;

/** Printed by `roto plan list`. */
export const PlansDocument = z.object({
  schema: z.literal('roto.plans/1'),
  plans: z.array(TierSummary),
});
export type PlansDocument = z.infer<typeof PlansDocument>;

/** Printed by `roto storage`. */
export const StorageDocument = z.object({
  schema: z.literal('roto.storage/1'),
  storage: StorageReport,
});
export type StorageDocument = z.infer<typeof StorageDocument>;

/** Printed by `roto keys list`. */
export const KeysDocument = z.object({ schema: z.literal('roto.keys/1'), keys: z.array(ApiKey) });
export type KeysDocument = z.infer<typeof KeysDocument>;

/** Printed by `roto keys create`. */
export const NewKeyDocument = z.object({ schema: z.literal('roto.new-key/1'), key: NewApiKey });
export type NewKeyDocument = z.infer<typeof NewKeyDocument>;

/** Printed by `roto admin users`. */
export const UsersDocument = z.object({
  schema: z.literal('roto.users/1'),
  users: z.array(AdminUser),
});
export type UsersDocument = z.infer<typeof UsersDocument>;

/** Printed by what shows or changes one account. */
export const UserDocument = z.object({ schema: z.literal('roto.user/1'), user: AdminUser });
export type UserDocument = z.infer<typeof UserDocument>;

/** Printed by `roto admin actions`. */
export const ActionsDocument = z.object({
  schema: z.literal('roto.actions/1'),
  actions: z.array(AdminAction),
});
export type ActionsDocument = z.infer<typeof ActionsDocument>;

/** Printed by `roto admin settings`. */
export const SettingsDocument = z.object({
  schema: z.literal('roto.settings/1'),
  settings: z.array(SettingEntry),
});
export type SettingsDocument = z.infer<typeof SettingsDocument>;

/** Printed by `roto admin queue`. */
export const QueueDocument = QueueState.extend({ schema: z.literal('roto.queue/1') });
export type QueueDocument = z.infer<typeof QueueDocument>;

/** Printed by `roto admin workers`. */
export const WorkersDocument = z.object({
  schema: z.literal('roto.workers/1'),
  workers: z.array(WorkerState),
});
export type WorkersDocument = z.infer<typeof WorkersDocument>;
