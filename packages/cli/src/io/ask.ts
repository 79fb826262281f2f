import { RotoError } from '@roto/sdk/contract';
import { envValue, type Io } from './io.ts';
import { printable } from './printable.ts';

/** Whether somebody is there to answer. */
export function canAsk(io: Io, options: { readonly input?: boolean | undefined }): boolean {
  const ci = envValue(io, 'CI');
  const inCi = ci !== undefined && ci !== '0' && ci.toLowerCase() !== 'false';
  const isWatched = io.stdin.isTTY === true && io.stderr.isTTY === true;
  return isWatched && !inCi && options.input !== false && envValue(io, 'TERM') !== 'dumb';
}

/** A question on stderr that is answered with a line. */
export async function askText(io: Io, message: string, usual?: string): Promise<string> {
  const answer = await asked(io, async ({ input }, context) =>
    input({ message, required: true, ...(usual === undefined ? {} : { default: usual }) }, context),
  );
  return answer.trim();
}

/** A question whose answer is not shown. */
export function askSecret(io: Io, message: string): Promise<string> {
  return asked(io, ({ password }, context) => password({ message, mask: '*' }, context));
}

/** A question that is answered with yes or no; Enter alone is no. */
export function askYes(io: Io, message: string): Promise<boolean> {
  return asked(io, ({ confirm }, context) =>
    confirm({ message: printable(message), default: false }, context),
  );
}

/** A question whose answer is one of a few. */
export function askChoice<T extends string>(
  io: Io,
  message: string,
  choices: readonly { readonly value: T; readonly name: string }[],
): Promise<T> {
  return asked(io, ({ select }, context) => select<T>({ message, choices }, context));
}

type Prompts = typeof import('@inquirer/prompts');
type PromptContext = NonNullable<Parameters<Prompts['input']>[1]>;

/** Loads the prompts now: only a command that asks something waits for them. */
async function asked<T>(
  io: Io,
  question: (prompts: Prompts, context: PromptContext) => Promise<T>,
): Promise<T> {
  const prompts = await import('@inquirer/prompts');
  try {
    return await question(prompts, { input: io.stdin, output: io.stderr, signal: io.signal });
  } catch (cause) {
    // Before a prompt the terminal sends Ctrl-C as a key, not as a signal.
    const isStop = cause instanceof Error && cause.name === 'ExitPromptError';
    throw isStop ? new RotoError('interrupted', 'Stopped by Ctrl-C.', { cause }) : cause;
  }
}
