import { z } from 'zod';

/** Longest address that mail can be sent to (RFC 5321). */
const longestEmail = 254;

/** An address, kept in small letters: two that differ only in case are one account. */
export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(longestEmail)
  .pipe(z.email({ error: 'Expected an e-mail address such as ada@example.com' }))
  .meta({ description: 'E-mail address.', example: 'ada@example.com' });

/** 10 to 200 characters; length is what makes a password hard to guess. */
export const NewPassword = z
  .string()
  .min(10, { error: 'Expected a password of at least 10 characters' })
  .max(200, { error: 'Expected a password of at most 200 characters' })
  .meta({ description: '10 to 200 characters.' });

export const RegisterParams = z
  .object({ email: Email, password: NewPassword })
  .meta({ id: 'RegisterParams' });
export type RegisterParams = z.infer<typeof RegisterParams>;

/** The same whether or not the address has an account: the mail says which. */
export const RegisterResult = z
  .object({ status: z.literal('mail_sent'), email: Email })
  .meta({ id: 'RegisterResult' });
export type RegisterResult = z.infer<typeof RegisterResult>;

export const LoginParams = z
  .object({ email: Email, password: z.string().min(1).max(200) })
  .meta({ id: 'LoginParams' });
export type LoginParams = z.infer<typeof LoginParams>;

/** What a login gives: a short-lived token for requests, and one that gets the next pair. */
export const TokenPair = z
  .object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    /** Seconds that the access token is good for. */
    expiresIn: z.int().positive(),
    /** Good for one use. */
    refreshToken: z.string(),
  })
  .meta({ id: 'TokenPair' });
export type TokenPair = z.infer<typeof TokenPair>;

export const RefreshParams = z
  .object({ refreshToken: z.string().min(1).max(200) })
  .meta({ id: 'RefreshParams' });
export type RefreshParams = z.infer<typeof RefreshParams>;

/** Asks for a mail to an address: with a link that confirms it, or that resets the password. */
export const MailParams = z.object({ email: Email }).meta({ id: 'MailParams' });
export type MailParams = z.infer<typeof MailParams>;

export const ResetPasswordParams = z
  .object({ password: NewPassword })
  .meta({ id: 'ResetPasswordParams' });
export type ResetPasswordParams = z.infer<typeof ResetPasswordParams>;

export const ResetPasswordResult = z
  .object({ status: z.literal('password_set') })
  .meta({ id: 'ResetPasswordResult' });
export type ResetPasswordResult = z.infer<typeof ResetPasswordResult>;

/** A token of a mail's link. */
export const MailToken = z.string().min(20).max(200);

/**
 * `password_needed`: the address was registered more than once, with different passwords, so that
 * none of them counts. A mail with a link to choose one is on its way.
 */
export const ConfirmResult = z
  .object({ status: z.enum(['confirmed', 'password_needed']) })
  .meta({ id: 'ConfirmResult' });
export type ConfirmResult = z.infer<typeof ConfirmResult>;

/** What an API key may do. A login may do all of it. */
export const apiScopes = [
  'videos:read',
  'videos:write',
  'tasks:read',
  'tasks:write',
  'account:read',
  'account:write',
  'billing:read',
  'billing:write',
  'admin',
] as const;
export const ApiScope = z.enum(apiScopes);
export type ApiScope = z.infer<typeof ApiScope>;
