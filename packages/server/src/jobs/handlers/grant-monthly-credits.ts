import { grantAllMonthlyCredits, type MonthlyDeps } from '../../services/monthly-credits.ts';
import type { JobHandler } from '../handler.ts';

/** Gives accounts the credits of this month. */
export function createGrantMonthlyCreditsHandler(
  deps: MonthlyDeps,
): JobHandler<'grant-monthly-credits'> {
  return () => grantAllMonthlyCredits(deps);
}
