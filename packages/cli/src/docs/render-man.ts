import { loadCommandSpecs } from '../commands/command-list.ts';
import { type CommandSpec, isGroup } from '../commands/command-spec.ts';
import { optionGroups } from '../commands/option-spec.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/** roto(1): every command with its options and examples, for `man`. */
export async function renderManPage(): Promise<string> {
  const specs = await loadCommandSpecs();
  const commands = specs.flatMap((spec) =>
    isGroup(spec)
      ? spec.commands.flatMap((one) => commandPart(one, `roto ${spec.name} ${one.name}`))
      : commandPart(spec, `roto ${spec.name}`),
  );
  return `${[
    '.\\" Written by scripts/gen-cli-docs.ts from the specs of the commands; do not edit.',
    '.TH ROTO 1',
    '.SH NAME',
    'roto \\- cut objects out of moving pictures: a clip and a few clicks in, mattes out',
    '.SH SYNOPSIS',
    '.B roto',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    text(
      'Results go to stdout, everything else to stderr. Work runs on the server of roto login, or with --local on this machine.',
    ),
    '.SH COMMANDS',
    ...commands,
    '.SH EXIT STATUS',
    ...Object.values(exitCodes).flatMap(({ status, meaning }) => [
      '.TP',
      `.B ${status}`,
      text(meaning),
    ]),
    '.SH FILES',
    '.TP',
    '.I ~/.config/roto/auth.json',
    text('Servers and logins, readable by their owner only.'),
    '.SH ENVIRONMENT',
    ...[
      ['ROTO_BASE_URL', 'Address of the server.'],
      ['ROTO_API_KEY', 'API key shown to the server.'],
      ['ROTO_PROFILE', 'Profile of roto login.'],
      ['ROTO_CACHE_DIR', 'Folder of the track cache of local runs.'],
      ['NO_COLOR', 'No colours where it is set.'],
    ].flatMap(([name = '', meaning = '']) => ['.TP', `.B ${name}`, text(meaning)]),
  ].join('\n')}\n`;
}

function commandPart(spec: CommandSpec, name: string): string[] {
  const words = spec.arguments.map(({ syntax }) => ` ${syntax}`).join('');
  const options = optionGroups.flatMap((group) =>
    Object.values(spec.options).filter((option) => option.group === group),
  );
  return [
    `.SS ${text(`${name}${words}`)}`,
    ...spec.description.flatMap((paragraph) => [text(paragraph), '.PP']),
    ...spec.arguments.flatMap(({ syntax, text: meaning }) => tagged(syntax, meaning)),
    ...options.flatMap(({ flags, text: meaning }) => tagged(flags, meaning)),
    ...spec.examples.flatMap(({ text: what, line }) => [
      '.PP',
      ...(what === '' ? [] : [text(`${what}:`)]),
      '.RS',
      '.nf',
      ...line.split('\n').map(text),
      '.fi',
      '.RE',
    ]),
  ];
}

function tagged(tag: string, meaning: string): string[] {
  return ['.TP', `.B ${text(tag)}`, text(meaning)];
}

/** Text in which nothing is a request or an escape of roff. */
function text(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
    .replaceAll("'", '\\(aq');
}
