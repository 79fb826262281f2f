import { RotoError } from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import type { QueuedMail } from '../db/queries/mails.ts';
import { addMail, findQueuedMail, markMailFailed, markMailSent } from '../db/queries/mails.ts';
import { addOneTimeToken } from '../db/queries/tokens.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import type { Mailer, MailMessage } from '../mail/mailer.ts';
import { accountExistsMessage, confirmMessage } from '../mail/messages.ts';
import { newId } from '../new-id.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** What there is to write about. */
export type MailKind = 'confirm_email' | 'account_exists';

/** Seconds that the link of a confirmation mail is good for. */
const confirmSeconds = 24 * 60 * 60;

/** Asks for a mail, within the transaction of what it is about; a job sends it. */
export async function askForMail(
  trx: Trx,
  { queue, clock }: { readonly queue: Queue; readonly clock: Clock },
  mail: { readonly userId: string; readonly kind: MailKind },
): Promise<void> {
  const id = newId('mail');
  await addMail(trx, { id, user_id: mail.userId, kind: mail.kind, created_at: clock() });
  await queue.enqueue(trx, 'send-mail', { mailId: id });
}

/** What {@link sendMail} stands on. */
export interface SendMailDeps {
  readonly db: Db;
  readonly mailer: Mailer;
  readonly clock: Clock;
  /** Origin that links open; asked when a mail is made, since a free port is known late. */
  readonly linkOrigin: () => string;
}

/**
 * Makes and sends a mail that was asked for. Its token is made now and kept as a hash, so that no
 * link lies in the database or the queue; a second attempt makes a second one.
 */
export async function sendMail(
  deps: SendMailDeps,
  mailId: string,
  { isLast }: { readonly isLast: boolean },
): Promise<void> {
  const mail = await findQueuedMail(deps.db, mailId);
  if (mail === undefined) return;
  try {
    await deps.mailer.send(await messageOf(deps, mail));
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    await markMailFailed(deps.db, mailId, { error, isLast });
    throw cause;
  }
  await markMailSent(deps.db, mailId, deps.clock());
}

async function messageOf(deps: SendMailDeps, mail: QueuedMail): Promise<MailMessage> {
  switch (mail.kind) {
    case 'confirm_email':
      return confirmMessage(mail.email, await confirmLink(deps, mail.user_id));
    case 'account_exists':
      return accountExistsMessage(mail.email);
    default:
      throw new RotoError('internal', `There is no mail of the kind ${mail.kind}.`);
  }
}

async function confirmLink({ db, clock, linkOrigin }: SendMailDeps, userId: string) {
  const token = newToken();
  const now = clock();
  await inTransaction(db, (trx) =>
    addOneTimeToken(trx, {
      id: newId('oneTimeToken'),
      user_id: userId,
      purpose: 'confirm_email',
      token_hash: tokenHash(token),
      created_at: now,
      expires_at: secondsAfter(now, confirmSeconds),
    }),
  );
  return `${linkOrigin()}/confirm/${token}`;
}
