import { type ClearDeps, clearAccount } from '../../services/account-deletion.ts';
import type { JobHandler } from '../handler.ts';

/** Removes what a deleted account had. */
export function createClearAccountHandler(deps: ClearDeps): JobHandler<'clear-account'> {
  return (payload) => clearAccount(deps, payload);
}
