import type { SendMailDeps } from '../services/mails.ts';
import type { JobHandlers } from './handler.ts';
import { createSendMailHandler } from './handlers/send-mail.ts';

/** What all handlers together stand on. */
export type HandlerDeps = SendMailDeps;

/** The handler of every job. */
export function createHandlers(deps: HandlerDeps): JobHandlers {
  return { 'send-mail': createSendMailHandler(deps) };
}
