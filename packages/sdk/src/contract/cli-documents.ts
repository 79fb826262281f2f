import { z } from 'zod';
import { ConfirmResult } from './auth.ts';
import { User } from './users.ts';

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
