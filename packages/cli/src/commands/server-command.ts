import type { Io } from '../io/io.ts';
import { type Printed, printResult } from '../io/output.ts';
import type { OutputMode } from '../io/output-mode.ts';
import { openServer, type Server } from '../server/open-server.ts';
import type { ArgumentSpec, CommandSpec, ExampleSpec } from './command-spec.ts';
import { modeOf } from './mode.ts';
import type { OptionTable, OptionValues } from './option-spec.ts';
import { runOptions, serverOptions, streamOptions } from './shared-options.ts';

const { json, quiet, input } = runOptions;

/** What every command that asks a server takes beside its own options. */
export const askingOptions = { ...serverOptions, json, ...streamOptions, quiet, input };

/** What a command that asks a server was called with. */
export interface ServerCall<T extends OptionTable> {
  readonly words: readonly string[];
  readonly options: OptionValues<T> & OptionValues<typeof askingOptions>;
  readonly mode: OutputMode;
  readonly io: Io;
}

interface ServerCommandText<T extends OptionTable> {
  readonly name: string;
  readonly summary: string;
  readonly description: readonly string[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly examples: readonly ExampleSpec[];
  readonly options?: T;
}

/** A command that asks the configured server something and prints the answer. */
export function defineServerCommand<T extends OptionTable = Record<never, never>>(
  definition: ServerCommandText<T> & {
    readonly ask: (server: Server, call: ServerCall<T>) => Promise<Printed>;
  },
): CommandSpec {
  return defineAskingCommand({
    ...definition,
    answer: async (call) => definition.ask(await openServer(call.io, call.options, 'server'), call),
  });
}

/** The same for a command that finds its server itself. */
export function defineAskingCommand<T extends OptionTable = Record<never, never>>(
  definition: ServerCommandText<T> & {
    readonly answer: (call: ServerCall<T>) => Promise<Printed>;
  },
): CommandSpec {
  const { name, summary, description, arguments: words = [], examples, options } = definition;
  return {
    name,
    summary,
    description,
    arguments: words,
    examples,
    options: { ...options, ...askingOptions },
    run: async (parsed, { io }) => {
      const given = parsed.opts<OptionValues<T> & OptionValues<typeof askingOptions>>();
      const mode = modeOf(given);
      const call = { words: parsed.args, options: given, mode, io };
      printResult(io, mode, await definition.answer(call));
      return 'ok';
    },
  };
}
