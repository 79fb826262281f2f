import type {
  CreditBalance,
  CreditMovement,
  CreditMovementPage,
  Offers,
  PageQuery,
} from '@roto/sdk/contract';
import type { Config } from '../config.ts';
import { listMovements, type MovementRow } from '../db/queries/ledger.ts';
import type { UserRow } from '../db/queries/users.ts';
import type { Db } from '../db/types.ts';
import { creditPacks } from './credit-packs.ts';
import { listPage } from './list-page.ts';
import { type Tier, tiers } from './tiers.ts';

/** What an account can spend. */
export function balanceOf(
  { config }: { readonly config: Pick<Config, 'credits'> },
  { user_credits: available, reserved_credits: reserved }: UserRow,
): CreditBalance {
  return { available, reserved, metered: config.credits };
}

/** How an account came to what it has, newest first. */
export function movementsOf(
  { db }: { readonly db: Db },
  userId: string,
  page: PageQuery,
): Promise<CreditMovementPage> {
  return listPage(page, (part) => listMovements(db, userId, part), toMovement);
}

function toMovement({ created_at, details: _, ...row }: MovementRow): CreditMovement {
  return { ...row, created_at: created_at.toISOString() };
}

/** What there is to buy. */
export function offers(): Offers {
  return {
    tiers: Object.entries<Tier>(tiers).map(([name, tier]) => ({
      name,
      title: tier.title,
      monthly_credits: tier.monthlyCredits,
      storage_bytes: tier.storageBytes,
      concurrency: tier.concurrency,
      largest_upload_bytes: tier.largestUploadBytes,
      qualities: [...tier.qualities],
      is_sold: tier.stripePrice !== null,
    })),
    credit_packs: Object.entries(creditPacks).map(([name, { credits }]) => ({ name, credits })),
  };
}
