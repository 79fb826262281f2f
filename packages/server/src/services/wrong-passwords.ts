import { RotoError } from '@roto/sdk/contract';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Wrong passwords in a row of time that an address of e-mail may have, wherever they come from. */
export const mostWrongPasswords = 20;
const windowSeconds = 15 * 60;

/**
 * Counts wrong passwords by the address of e-mail they were tried with, whether it has an account or
 * not: who guesses from many places is slowed down too. Each API process counts for itself.
 */
export interface WrongPasswords {
  /**
   * Counts a try as wrong, before it is known: many at a time get no further.
   * @throws RotoError `rate_limited`, whatever the password is
   */
  count(email: string): Promise<void>;
  /** Takes back the count of a try that was right. */
  forgive(email: string): Promise<void>;
}

export function createWrongPasswords(): WrongPasswords {
  const limiter = new RateLimiterMemory({ points: mostWrongPasswords, duration: windowSeconds });
  const keyOf = (email: string) => email.toLowerCase();
  return {
    async count(email) {
      try {
        await limiter.consume(keyOf(email));
      } catch (state) {
        if (!(state instanceof RateLimiterRes)) throw state;
        const seconds = Math.ceil(state.msBeforeNext / 1000);
        throw new RotoError(
          'rate_limited',
          `Too many wrong passwords for this address: go on in ${seconds} seconds, or reset it.`,
        );
      }
    },
    async forgive(email) {
      await limiter.reward(keyOf(email));
    },
  };
}
