import { RotoError } from '@roto/sdk/contract/errors';
import { Command } from 'commander';
import type { ExampleSpec } from '../commands/command-spec.ts';
import { type Io, writeLine } from '../io/io.ts';
import { helpTopics } from './topics.ts';

/** Examples as they stand below the options of a command, with where to read on. */
export function exampleText(examples: readonly ExampleSpec[]): string {
  const lines = examples.flatMap(({ text, line }) =>
    [...(text === '' ? [] : [`# ${text}`]), ...line.split('\n')].map((one) => `  ${one}`),
  );
  return [
    '',
    'Examples:',
    ...lines,
    '',
    'See also: roto help prompts, roto help formats, roto help exit-codes',
  ].join('\n');
}

/**
 * `roto help [command]`, which knows topics beside the commands.
 * @param fill makes a command of the program whole before its help is shown
 */
export function addHelpCommand(
  program: Command,
  io: Io,
  fill: (command: Command) => Promise<void>,
): void {
  const help = new Command('help')
    .summary('show the help of a command or a topic')
    .argument('[command...]')
    .helpOption(false)
    .allowUnknownOption()
    .exitOverride()
    .configureOutput(program.configureOutput())
    .action(async (given: string[]) => {
      const words = given.filter((word) => !word.startsWith('-'));
      const topic = helpTopics.find(({ name }) => name === words[0] && words.length === 1);
      if (topic === undefined) {
        (await helped(program, words, fill)).outputHelp();
        return;
      }
      for (const line of topic.lines()) writeLine(io.stdout, line);
    });
  program.addCommand(help);
}

async function helped(
  program: Command,
  words: readonly string[],
  fill: (command: Command) => Promise<void>,
): Promise<Command> {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) throw unknownTopic(command, word);
    await fill(next);
    command = next;
  }
  return command;
}

function unknownTopic(command: Command, word: string): RotoError {
  const commands = command.commands.map((child) => child.name()).filter((name) => name !== 'help');
  const topics = command.parent === null ? helpTopics.map(({ name }) => name) : [];
  return new RotoError(
    'invalid_argument',
    `Expected one of ${[...commands, ...topics].join(', ')} after help but received ${JSON.stringify(word)}.`,
    { param: 'command' },
  );
}
