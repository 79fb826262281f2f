import { sweepUploads } from '../../services/reconcile-storage.ts';
import type { UploadDeps } from '../../services/uploads.ts';
import type { JobHandler } from '../handler.ts';

/** Gives up uploads that nobody went on with. */
export function createSweepUploadsHandler(deps: UploadDeps): JobHandler<'sweep-uploads'> {
  return async (_payload, { signal, log }) => {
    const count = await sweepUploads(deps, signal);
    if (count > 0) log.info({ count }, 'uploads have expired');
  };
}
