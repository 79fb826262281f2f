import { RotoError } from '@roto/sdk/contract';
import { askYes, canAsk } from '../io/ask.ts';
import type { Io } from '../io/io.ts';
import { switchOption } from './option-spec.ts';

/** For what cannot be taken back. */
export const confirmOptions = {
  yes: switchOption('Run', '-y, --yes', 'do not ask whether it is meant'),
};

/**
 * Asks in a terminal whether something is meant that cannot be taken back.
 * @throws RotoError `invalid_argument` where nobody is there and `--yes` was not given; `interrupted`
 *   where it is not meant
 */
export async function requireYes(
  io: Io,
  options: { readonly yes?: boolean | undefined; readonly input?: boolean | undefined },
  question: string,
): Promise<void> {
  if (options.yes === true) return;
  if (!canAsk(io, options)) {
    throw new RotoError('invalid_argument', `Expected --yes: ${question}`, {
      param: '--yes',
      hint: 'There is no terminal to ask in.',
    });
  }
  if (await askYes(io, question)) return;
  throw new RotoError('interrupted', 'Nothing was done.');
}
