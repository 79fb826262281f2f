import { RotoError } from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import type { QueuedMail } from '../db/queries/mails.ts';
import {
  addMail,
  countMails,
  dropUnaddressedMail,
  findQueuedMail,
  markMailFailed,
  markMailSent,
} from '../db/queries/mails.ts';
import { addOneTimeToken } from '../db/queries/tokens.ts';
import { setConfirmationToken } from '../db/queries/users.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Db, Trx } from '../db/types.ts';
import type { Queue } from '../jobs/queue.ts';
import type { Mailer, MailMessage } from '../mail/mailer.ts';
import {
  accountExistsMessage,
  confirmMessage,
  paymentDisputedMessage,
  paymentFailedMessage,
  resetMessage,
} from '../mail/messages.ts';
import { newId } from '../new-id.ts';
import { newToken, tokenHash } from './token-hash.ts';

/** What there is to write about. */
export type MailKind =
  | 'confirm_email'
  | 'reset_password'
  | 'account_exists'
  | 'payment_failed'
  | 'payment_disputed';

/** Seconds that the links of mails are good for. */
const linkSeconds = { confirm_email: 24 * 60 * 60, reset_password: 60 * 60 } as const;

/** Mails an account gets in an hour, whoever asks for them. */
const mostAnHour = 6;

/**
 * Asks for a mail, within the transaction of what it is about; a job sends it. Without an account,
 * and where the account had enough of them, the same work is done for a mail that nobody gets: the
 * time does not say which it was.
 */
export async function askForMail(
  trx: Trx,
  { queue, clock }: { readonly queue: Queue; readonly clock: Clock },
  { userId, kind }: { readonly userId: string | null; readonly kind: MailKind },
): Promise<void> {
  const now = clock();
  const lately = await countMails(trx, userId, secondsAfter(now, -60 * 60));
  const id = newId('mail');
  const to = lately < mostAnHour ? userId : null;
  await addMail(trx, { id, user_id: to, kind, created_at: now });
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
  if (mail === undefined) return dropUnaddressedMail(deps.db, mailId);
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
      return confirmMessage(mail.email, await newLink(deps, mail.user_id, mail.kind));
    case 'reset_password':
      return resetMessage(mail.email, await newLink(deps, mail.user_id, mail.kind));
    case 'account_exists':
      return accountExistsMessage(mail.email);
    case 'payment_failed':
      return paymentFailedMessage(mail.email, `${deps.linkOrigin()}/`);
    case 'payment_disputed':
      return paymentDisputedMessage(mail.email);
    default:
      throw new RotoError('internal', `There is no mail of the kind ${mail.kind}.`);
  }
}

/** Paths that the links of mails open. */
const linkPaths = { confirm_email: 'confirm', reset_password: 'reset' } as const;

async function newLink(
  { db, clock, linkOrigin }: SendMailDeps,
  userId: string,
  purpose: 'confirm_email' | 'reset_password',
): Promise<string> {
  const token = newToken();
  const now = clock();
  await inTransaction(db, async (trx) => {
    await addOneTimeToken(trx, {
      id: newId('oneTimeToken'),
      user_id: userId,
      purpose,
      token_hash: tokenHash(token),
      created_at: now,
      expires_at: secondsAfter(now, linkSeconds[purpose]),
    });
    if (purpose === 'confirm_email') await setConfirmationToken(trx, userId, tokenHash(token));
  });
  return `${linkOrigin()}/${linkPaths[purpose]}/${token}`;
}
