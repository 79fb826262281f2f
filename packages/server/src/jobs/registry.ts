import type { ClearDeps } from '../services/account-deletion.ts';
import type { SendMailDeps } from '../services/mails.ts';
import type { MonthlyDeps } from '../services/monthly-credits.ts';
import type { ProcessDeps } from '../services/process-video.ts';
import type { StripeEventDeps } from '../services/stripe-events.ts';
import type { UploadDeps } from '../services/uploads.ts';
import type { DeliverDeps } from '../services/webhooks.ts';
import type { JobHandlers } from './handler.ts';
import { createClearAccountHandler } from './handlers/clear-account.ts';
import { createDeleteFilesHandler } from './handlers/delete-files.ts';
import { createDeliverWebhookHandler } from './handlers/deliver-webhook.ts';
import { createGrantMonthlyCreditsHandler } from './handlers/grant-monthly-credits.ts';
import { createMakeForwardReverseHandler } from './handlers/make-forward-reverse.ts';
import { createProcessVideoHandler } from './handlers/process-video.ts';
import { createReconcileStorageHandler } from './handlers/reconcile-storage.ts';
import { createSendMailHandler } from './handlers/send-mail.ts';
import { createStripeEventHandler } from './handlers/stripe-event.ts';
import { createSweepUploadsHandler } from './handlers/sweep-uploads.ts';

/** What all handlers together stand on. */
export type HandlerDeps = SendMailDeps &
  ProcessDeps &
  UploadDeps &
  StripeEventDeps &
  MonthlyDeps &
  ClearDeps &
  DeliverDeps;

/** The handler of every job. */
export function createHandlers(deps: HandlerDeps): JobHandlers {
  return {
    'send-mail': createSendMailHandler(deps),
    'process-video': createProcessVideoHandler(deps),
    'make-forward-reverse': createMakeForwardReverseHandler(deps),
    'delete-files': createDeleteFilesHandler(deps),
    'sweep-uploads': createSweepUploadsHandler(deps),
    'reconcile-storage': createReconcileStorageHandler(deps),
    'stripe-event': createStripeEventHandler(deps),
    'grant-monthly-credits': createGrantMonthlyCreditsHandler(deps),
    'clear-account': createClearAccountHandler(deps),
    'deliver-webhook': createDeliverWebhookHandler(deps),
  };
}
