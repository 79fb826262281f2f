import type { SendMailDeps } from '../services/mails.ts';
import type { ProcessDeps } from '../services/process-video.ts';
import type { UploadDeps } from '../services/uploads.ts';
import type { JobHandlers } from './handler.ts';
import { createDeleteFilesHandler } from './handlers/delete-files.ts';
import { createMakeForwardReverseHandler } from './handlers/make-forward-reverse.ts';
import { createProcessVideoHandler } from './handlers/process-video.ts';
import { createReconcileStorageHandler } from './handlers/reconcile-storage.ts';
import { createSendMailHandler } from './handlers/send-mail.ts';
import { createSweepUploadsHandler } from './handlers/sweep-uploads.ts';

/** What all handlers together stand on. */
export type HandlerDeps = SendMailDeps & ProcessDeps & UploadDeps;

/** The handler of every job. */
export function createHandlers(deps: HandlerDeps): JobHandlers {
  return {
    'send-mail': createSendMailHandler(deps),
    'process-video': createProcessVideoHandler(deps),
    'make-forward-reverse': createMakeForwardReverseHandler(deps),
    'delete-files': createDeleteFilesHandler(deps),
    'sweep-uploads': createSweepUploadsHandler(deps),
    'reconcile-storage': createReconcileStorageHandler(deps),
  };
}
