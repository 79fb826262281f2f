import { RotoError } from '@roto/sdk/contract/errors';
import { CommanderError } from 'commander';

/**
 * What was thrown, as one of ours. After the root signal was aborted, the way the work came to its
 * end does not matter: the signal's own error is the answer.
 */
export function toRotoError(thrown: unknown, signal: AbortSignal): RotoError {
  if (signal.aborted && signal.reason instanceof RotoError && !isFault(thrown)) {
    return signal.reason;
  }
  if (thrown instanceof RotoError) return thrown;
  if (thrown instanceof CommanderError) return usageError(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RotoError('internal', `Something inside roto failed: ${message}`, {
    hint: 'Run again with ROTO_DEBUG=1 to see where, and report it.',
    cause: thrown,
  });
}

/** A fault that has nothing to do with the stop that was asked for, and must not be hidden by it. */
function isFault(thrown: unknown): boolean {
  return thrown instanceof RotoError && thrown.kind === 'failed' && thrown.code !== 'internal';
}

/** Commander says `error: unknown option '--pionts'\n(Did you mean --points?)`. */
function usageError(error: CommanderError): RotoError {
  // The help was shown because a word is missing, as in `roto` or `roto cache`.
  if (error.code === 'commander.help') {
    return new RotoError('invalid_argument', 'Expected a command.', {
      param: 'command',
      hint: 'See roto help.',
      cause: error,
    });
  }
  // A word of the command line may hold line ends itself: only commander's own last line is one.
  const whole = error.message.replace(/^error: /, '');
  const [, said = whole, suggestion = ''] = /^(.*)\n\((Did you mean .*)\)$/s.exec(whole) ?? [];
  const sentence = said.charAt(0).toUpperCase() + said.slice(1);
  return new RotoError('invalid_argument', sentence.endsWith('.') ? sentence : `${sentence}.`, {
    hint: suggestion === '' ? hintOf(error) : suggestion,
    cause: error,
  });
}

function hintOf({ code }: CommanderError): string {
  return code === 'commander.unknownOption'
    ? 'See roto help; a file whose name begins with a dash is written ./-name.'
    : 'See roto help.';
}
