import { RotoError } from '@roto/sdk/contract/errors';
import { Command, Option } from 'commander';
import { commandEntries } from './commands/command-list.ts';
import {
  type CommandContext,
  type CommandGroupSpec,
  type CommandSpec,
  isGroup,
} from './commands/command-spec.ts';
import { optionGroups } from './commands/option-spec.ts';
import type { ExitName } from './errors/exit-codes.ts';
import { inFlags } from './errors/in-flags.ts';
import { addHelpCommand, exampleText } from './help/help.ts';
import { helpTopics } from './help/topics.ts';
import type { Io } from './io/io.ts';
import { version } from './version.ts';

/** Told by the command that ran how it ended. */
export type OnEnd = (end: ExitName) => void;

/** What a run of the program stands on. */
interface Run {
  readonly context: CommandContext;
  readonly onEnd: OnEnd;
}

/**
 * The whole command line: help, version and commands, each of which is loaded once it is named.
 * Never ends the process.
 */
export function createProgram(context: CommandContext, onEnd: OnEnd): Command {
  const { io } = context;
  const program = new Command('roto')
    .description('Cuts objects out of moving pictures: a clip and a few clicks in, mattes out.')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(true);
  settle(program, io);
  const fill = addCommands(program, { context, onEnd });
  addHelpCommand(program, io, fill);
  program.addHelpText(
    'after',
    [
      '',
      'First steps:',
      '  roto preview shot.mp4 --points 420,310 --local   what does one click select?',
      '  roto mask shot.mp4 --points 420,310 --local      follow it through the shot',
      '  roto doctor                                      can this machine do it?',
      '  roto login                                       run on a server instead',
      '',
      `Help: roto help <command>; also roto help ${helpTopics.map(({ name }) => name).join(' | ')}`,
    ].join('\n'),
  );
  return program;
}

/** What every command shares: where it writes, and that it throws instead of ending the process. */
function settle(command: Command, io: Io): void {
  const width = (stream: { readonly columns?: number }) => Math.min(stream.columns ?? 80, 100);
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // main prints every failure itself, in the form that was asked for.
      outputError: () => undefined,
      getOutHelpWidth: () => width(io.stdout),
      getErrHelpWidth: () => width(io.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: false, subcommandTerm: (child) => child.name() });
}

/** Adds every command by its name; gives what makes one of them whole, which its run does itself. */
function addCommands(program: Command, run: Run): (command: Command) => Promise<void> {
  const loads = new Map<Command, () => Promise<CommandSpec | CommandGroupSpec>>();
  for (const { name, summary, load } of commandEntries) {
    const command = newCommand(name, summary, run.context.io);
    loads.set(command, load);
    program.addCommand(command);
  }
  const fill = async (command: Command) => {
    const spec = await loads.get(command)?.();
    loads.delete(command);
    if (spec === undefined) return;
    if (isGroup(spec)) fillGroup(command, spec, run);
    else fillLeaf(command, spec, run);
  };
  program.hook('preSubcommand', (_program, command) => fill(command));
  return fill;
}

function newCommand(name: string, summary: string, io: Io): Command {
  const command = new Command(name).summary(summary).helpOption('-h, --help', 'show this help');
  settle(command, io);
  return command;
}

function fillGroup(group: Command, spec: CommandGroupSpec, run: Run): void {
  group.description(`Commands for ${spec.summary}.`).helpCommand(false);
  for (const one of spec.commands) {
    const command = newCommand(one.name, one.summary, run.context.io);
    fillLeaf(command, one, run);
    group.addCommand(command, { isDefault: one.name === spec.usual });
  }
}

function fillLeaf(command: Command, spec: CommandSpec, { context, onEnd }: Run): void {
  command.description(spec.description.join('\n\n'));
  for (const { syntax, text } of spec.arguments) command.argument(syntax, text);
  addOptions(command, spec);
  command.addHelpText('after', exampleText(spec.examples));
  command.action(async () => {
    try {
      // A signal may have come while the program was loaded.
      context.io.signal.throwIfAborted();
      onEnd(await spec.run(command, context));
    } catch (thrown) {
      const fromDocument = command.getOptionValue('shot') !== undefined;
      throw thrown instanceof RotoError ? inFlags(thrown, fromDocument) : thrown;
    }
  });
}

/** In the order of the headings; commander shows groups in the order their options come. */
function addOptions(command: Command, spec: CommandSpec): void {
  const entries = Object.entries(spec.options);
  for (const heading of optionGroups) {
    for (const [key, { flags, text, group, read }] of entries) {
      if (group !== heading) continue;
      const option = new Option(flags, text).helpGroup(`${group}:`);
      if (option.attributeName() !== key) throw new Error(`${flags} is kept as ${key}`);
      if (option.required) option.argParser(read);
      command.addOption(option);
    }
  }
}
