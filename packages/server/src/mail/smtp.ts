import { createTransport } from 'nodemailer';
import type { SmtpConfig } from '../config.ts';
import type { Mailer } from './mailer.ts';

/** Milliseconds that the server may be silent. */
const patienceMs = 20_000;

/** What {@link createSmtpMailer} stands on. */
export interface SmtpMailerOptions extends SmtpConfig {
  readonly from: string;
}

/** Sends mail through an SMTP server. A password goes over TLS only. */
export function createSmtpMailer(options: SmtpMailerOptions): Mailer {
  const { host, port, username, password, from, tls } = options;
  const auth = username === undefined ? undefined : { user: username, pass: password ?? '' };
  const transport = createTransport({
    host,
    port,
    secure: tls === 'tls',
    requireTLS: auth !== undefined || tls === 'starttls',
    connectionTimeout: patienceMs,
    greetingTimeout: patienceMs,
    socketTimeout: patienceMs,
    ...(auth === undefined ? {} : { auth }),
  });
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ from, to, subject, text });
    },
  };
}
