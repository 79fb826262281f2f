import { RotoError } from '@roto/sdk/contract';

/**
 * Waits for all checks, and says at once what every one of them found.
 * @throws RotoError the failure itself where there is one, `invalid_config` with the sentences of all
 * where there are more
 */
export async function requireAll(checks: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(checks);
  const reasons = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  const failures = reasons.filter((reason) => reason instanceof RotoError);
  if (failures.length < reasons.length) {
    throw reasons.find((reason) => !(reason instanceof RotoError));
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length === 0) return;
  const hints = failures.map(({ hint }) => hint).filter((hint) => hint !== undefined);
  throw new RotoError(
    'invalid_config',
    `roto cannot start for ${failures.length} reasons. ${failures.map(({ message }) => message).join(' ')}`,
    { hint: [...new Set(hints)].join(' '), cause: new AggregateError(failures) },
  );
}
