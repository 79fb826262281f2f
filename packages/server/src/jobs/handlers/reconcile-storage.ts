import { reconcileStorage } from '../../services/reconcile-storage.ts';
import type { UploadDeps } from '../../services/uploads.ts';
import type { JobHandler } from '../handler.ts';

/** Compares sums, rows and files. */
export function createReconcileStorageHandler(deps: UploadDeps): JobHandler<'reconcile-storage'> {
  return async (_payload, { signal, log }) => {
    const found = await reconcileStorage({ ...deps, log }, signal);
    log.info(found, 'storage was reconciled');
  };
}
