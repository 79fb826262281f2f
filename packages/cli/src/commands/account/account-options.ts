import { Email, RotoError } from '@roto/sdk/contract';
import { quoted } from '../../args/numbers.ts';
import { askSecret, askText, canAsk } from '../../io/ask.ts';
import type { Io } from '../../io/io.ts';
import { readSecret } from '../../io/read-secret.ts';
import { switchOption, valueOption } from '../option-spec.ts';

/** Who one is. */
export const accountOptions = {
  email: valueOption('Account', '--email <address>', 'address of the account', parseEmail),
  passwordStdin: switchOption(
    'Account',
    '--password-stdin',
    'read the password from standard input instead of asking for it',
  ),
};

/** What the options of an account hold. */
export interface AccountAnswers {
  readonly email?: string | undefined;
  readonly passwordStdin?: boolean | undefined;
  readonly input?: boolean | undefined;
}

/**
 * Reads an e-mail address.
 * @throws RotoError `invalid_argument`
 */
export function parseEmail(text: string): string {
  const email = Email.safeParse(text);
  if (email.success) return email.data;
  throw new RotoError(
    'invalid_argument',
    `Expected an e-mail address such as ada@example.com but received ${quoted(text)}.`,
    { param: '--email' },
  );
}

/**
 * The address: the option, else what is answered.
 * @throws RotoError `invalid_argument` where nobody is there to answer
 */
export async function emailFor(io: Io, options: AccountAnswers): Promise<string> {
  if (options.email !== undefined) return options.email;
  if (!canAsk(io, options)) throw missing('--email', 'an address');
  return parseEmail(await askText(io, 'E-mail address'));
}

/**
 * The password: from standard input, else what is answered, twice where it is a new one.
 * @throws RotoError `invalid_argument`
 */
export async function passwordFor(
  io: Io,
  options: AccountAnswers,
  { isNew }: { readonly isNew: boolean },
): Promise<string> {
  if (options.passwordStdin === true) return readSecret(io, '--password-stdin');
  if (!canAsk(io, options)) throw missing('--password-stdin', 'a password');
  const password = await askSecret(io, isNew ? 'Password, at least 10 characters' : 'Password');
  if (isNew && (await askSecret(io, 'The same again')) !== password) {
    throw new RotoError('invalid_argument', 'Expected the same password twice.', {
      param: '--password-stdin',
    });
  }
  return password;
}

function missing(flag: string, what: string): RotoError {
  return new RotoError(
    'invalid_argument',
    `Expected ${flag}: ${what} cannot be asked for without a terminal.`,
    { param: flag },
  );
}
