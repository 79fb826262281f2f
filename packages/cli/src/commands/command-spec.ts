import type { Command } from 'commander';
import type { LoadBackend } from '../backend/backend.ts';
import type { ExitName } from '../errors/exit-codes.ts';
import type { Io } from '../io/io.ts';
import type { OptionTable, OptionValues } from './option-spec.ts';

/** What a command may use. */
export interface CommandContext {
  readonly io: Io;
  readonly loadBackend: LoadBackend;
}

/** A word behind the command: `[clip]` may be left out, `<track>` not, `[track...]` may be many. */
export interface ArgumentSpec {
  readonly syntax: string;
  readonly text: string;
}

/** A command line with what it does; a long one goes on behind a backslash and a line end. */
export interface ExampleSpec {
  readonly text: string;
  readonly line: string;
}

interface CommandText {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs for the help of the command. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly examples: readonly ExampleSpec[];
}

/** A command as data: commander, the help and docs/cli.md are made from it. */
export interface CommandSpec extends CommandText {
  readonly options: OptionTable;
  readonly run: (parsed: Command, context: CommandContext) => Promise<ExitName>;
}

/** A command that only holds others: `roto cache list`. */
export interface CommandGroupSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
  /** The one that runs where none is named. */
  readonly usual?: string;
}

/** What a command was called with. */
export interface CommandCall<T extends OptionTable> {
  readonly words: readonly string[];
  readonly options: OptionValues<T>;
}

/** Ties the options of a command to the types its `run` sees. */
export function defineCommand<T extends OptionTable>(
  definition: CommandText & {
    readonly options: T;
    readonly run: (call: CommandCall<T>, context: CommandContext) => Promise<ExitName>;
  },
): CommandSpec {
  return {
    ...definition,
    run: (parsed, context) =>
      definition.run({ words: parsed.args, options: parsed.opts<OptionValues<T>>() }, context),
  };
}

/** Whether a spec holds other commands. */
export function isGroup(spec: CommandSpec | CommandGroupSpec): spec is CommandGroupSpec {
  return 'commands' in spec;
}
