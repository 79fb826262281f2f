import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Mailer } from './mailer.ts';

/** What {@link createFolderMailer} stands on. */
export interface FolderMailerOptions {
  readonly folder: string;
  readonly from: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Writes mails as `.eml` files instead of sending them, and their links into the log. */
export function createFolderMailer({ folder, from, clock, log }: FolderMailerOptions): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    async send({ to, subject, text, link }) {
      const date = clock();
      const { message } = await transport.sendMail({ from, to, subject, text, date });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = `${date.toISOString().replace(/[:.]/g, '-')}-${crypto.randomUUID()}.eml`;
      const part = join(folder, `.${name}`);
      await writeFile(part, message, { mode: 0o600 });
      await rename(part, join(folder, name));
      log.info({ file: join(folder, name), link }, 'mail written');
    },
  };
}
