import type { FrameRate, Quality } from '@roto/sdk/contract';
import type { Config } from '../config.ts';
import type { Db, Trx } from '../db/types.ts';
import { readSettings, type SettingValues } from './settings.ts';

/** What there is a price for: masks by their quality, and greenscreen from masks that are there. */
export type Priced = Quality | 'greenscreen';

/** How much of it. */
export interface Work {
  readonly priced: Priced;
  /** Frames that are worked on. */
  readonly frames: number;
  /** Frames per second, exact. */
  readonly rate: FrameRate;
}

/** Prices are kept to a thousandth of a credit. */
const parts = 1000;

/**
 * Whole credits that work costs, rounded up. In whole numbers throughout: a float would make 30
 * seconds at a tenth of a credit cost 4.
 */
export function creditsFor({ priced, frames, rate }: Work, prices: SettingValues): number {
  const pricePerSecond = BigInt(Math.round(prices[`credits_per_second_${priced}`] * parts));
  const cost = BigInt(frames) * BigInt(rate.den) * pricePerSecond;
  const unit = BigInt(rate.num) * BigInt(parts);
  return Number((cost + unit - 1n) / unit);
}

/** What {@link estimateCredits} stands on; `db` is the transaction, inside of one. */
export interface EstimateDeps {
  readonly db: Db | Trx;
  readonly config: Pick<Config, 'credits'>;
}

/** Whole credits that work costs by today's prices; 0 where nothing is metered. */
export async function estimateCredits({ db, config }: EstimateDeps, work: Work): Promise<number> {
  return config.credits ? creditsFor(work, await readSettings(db)) : 0;
}
