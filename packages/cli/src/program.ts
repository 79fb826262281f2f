import { RotoError } from '@roto/sdk/contract';
import { Command, Option } from 'commander';
import { createLoginCommand } from './commands/account/login.ts';
import { createLogoutCommand } from './commands/account/logout.ts';
import {
  createConfirmCommand,
  createRegisterCommand,
  createResendConfirmationCommand,
} from './commands/account/register.ts';
import { createWhoamiCommand } from './commands/account/whoami.ts';
import { createAdminCommands } from './commands/admin/command.ts';
import { createCacheCommands } from './commands/cache/command.ts';
import {
  type CommandContext,
  type CommandGroupSpec,
  type CommandSpec,
  isGroup,
} from './commands/command-spec.ts';
import { createCompletionCommand } from './commands/completion/command.ts';
import { createCreditsCommands } from './commands/credits/command.ts';
import { createDoctorCommand } from './commands/doctor/command.ts';
import { createExportCommand } from './commands/export/command.ts';
import { createGreenscreenCommand } from './commands/greenscreen/command.ts';
import { createKeysCommands } from './commands/keys/command.ts';
import { createMaskCommand } from './commands/mask/command.ts';
import { createMigrateCommand } from './commands/migrate/command.ts';
import { createModelsCommands } from './commands/models/command.ts';
import { createOpenCommand } from './commands/open/command.ts';
import { optionGroups } from './commands/option-spec.ts';
import { createPickCommand } from './commands/pick/command.ts';
import { createPlanCommands } from './commands/plan/command.ts';
import { createPreviewCommand } from './commands/preview/command.ts';
import { createServeCommand } from './commands/serve/command.ts';
import { createSetupCommands } from './commands/setup/command.ts';
import { createStorageCommand } from './commands/storage/command.ts';
import { createTasksCommands } from './commands/tasks/command.ts';
import { createUploadCommand } from './commands/upload/command.ts';
import { createVideosCommands } from './commands/videos/command.ts';
import { createWorkerCommand } from './commands/worker/command.ts';
import type { ExitName } from './errors/exit-codes.ts';
import { inFlags } from './errors/in-flags.ts';
import { addHelpCommand, exampleText } from './help/help.ts';
import { helpTopics } from './help/topics.ts';
import type { Io } from './io/io.ts';
import { version } from './version.ts';

/** Told by the command that ran how it ended. */
export type OnEnd = (end: ExitName) => void;

/** Every command, in the order of the help. Made anew for each run: they collect prompts. */
export function createCommandSpecs(): (CommandSpec | CommandGroupSpec)[] {
  return [
    createMaskCommand(),
    createPreviewCommand(),
    createPickCommand(),
    createGreenscreenCommand(),
    createExportCommand(),
    createLoginCommand(),
    createLogoutCommand(),
    createWhoamiCommand(),
    createRegisterCommand(),
    createConfirmCommand(),
    createResendConfirmationCommand(),
    createUploadCommand(),
    createVideosCommands(),
    createTasksCommands(),
    createCreditsCommands(),
    createPlanCommands(),
    createStorageCommand(),
    createKeysCommands(),
    createOpenCommand(),
    createCompletionCommand(createCommandSpecs),
    createModelsCommands(),
    createCacheCommands(),
    createDoctorCommand(),
    createSetupCommands(),
    createServeCommand(),
    createWorkerCommand(),
    createMigrateCommand(),
    createAdminCommands(),
  ];
}

/** The whole command line: help, version and commands. Never ends the process. */
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
  for (const spec of createCommandSpecs()) {
    program.addCommand(
      isGroup(spec) ? groupCommand(spec, context, onEnd) : leaf(spec, context, onEnd),
    );
  }
  addHelpCommand(program, io);
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

function groupCommand(spec: CommandGroupSpec, context: CommandContext, onEnd: OnEnd): Command {
  const group = new Command(spec.name)
    .summary(spec.summary)
    .description(`Commands for ${spec.summary}.`)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false);
  settle(group, context.io);
  for (const command of spec.commands) {
    const isDefault = command.name === spec.usual;
    group.addCommand(leaf(command, context, onEnd), { isDefault });
  }
  return group;
}

function leaf(spec: CommandSpec, context: CommandContext, onEnd: OnEnd): Command {
  const command = new Command(spec.name)
    .summary(spec.summary)
    .description(spec.description.join('\n\n'))
    .helpOption('-h, --help', 'show this help');
  settle(command, context.io);
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
  return command;
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
