import { type SendMailDeps, sendMail } from '../../services/mails.ts';
import type { JobHandler } from '../handler.ts';

/** Sends a mail that was asked for. */
export function createSendMailHandler(deps: SendMailDeps): JobHandler<'send-mail'> {
  return ({ mailId }, { isLast }) => sendMail(deps, mailId, { isLast });
}
