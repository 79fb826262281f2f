import { Resend } from 'resend';
import type { Mailer } from './mailer.ts';

/** What {@link createResendMailer} stands on. */
export interface ResendMailerOptions {
  readonly apiKey: string;
  readonly from: string;
  /** Resend itself unless given. */
  readonly baseUrl?: string;
}

/** Sends mail through Resend. */
export function createResendMailer({ apiKey, from, baseUrl }: ResendMailerOptions): Mailer {
  const resend = new Resend(apiKey, baseUrl === undefined ? {} : { baseUrl });
  return {
    async send({ to, subject, text }) {
      // Without a key of idempotence: every attempt carries another link, and Resend refuses a key
      // that comes again with another text.
      const { error } = await resend.emails.send({ from, to, subject, text });
      if (error !== null) throw new Error(`Resend refused the mail: ${error.message}`);
    },
  };
}
