import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { createFolderMailer } from './folder.ts';
import type { Mailer } from './mailer.ts';
import { createResendMailer } from './resend.ts';
import { createSmtpMailer } from './smtp.ts';

type MailConfig = Pick<Config, 'data' | 'mailFrom' | 'resendApiKey' | 'smtp'>;

/** The configured mailer: Resend, else an SMTP server, else files in the data folder. */
export function createMailer(
  { data, mailFrom: from, resendApiKey, smtp }: MailConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Mailer {
  if (resendApiKey !== undefined) return createResendMailer({ apiKey: resendApiKey, from });
  if (smtp !== undefined) return createSmtpMailer({ ...smtp, from });
  return createFolderMailer({ folder: join(data, 'mails'), from, clock, log });
}
