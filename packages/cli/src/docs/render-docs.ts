import { errorKinds, httpStatusOf, isErrorCode } from '@roto/sdk/contract';
import { loadCommandSpecs } from '../commands/command-list.ts';
import { type CommandGroupSpec, type CommandSpec, isGroup } from '../commands/command-spec.ts';
import { optionGroups } from '../commands/option-spec.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { helpTopics } from '../help/topics.ts';
import { errorMeanings } from './error-meanings.ts';

const header =
  '<!-- Written by scripts/gen-cli-docs.ts from the specs of the commands; do not edit. -->';

/** docs/cli.md: every command, option, topic and exit status. */
export async function renderCliDocs(): Promise<string> {
  const specs = await loadCommandSpecs();
  return page([
    header,
    '# The roto command line',
    'Results go to stdout, everything else to stderr. `--json` prints exactly one JSON document, on failure too; `--json-stream` prints events, one a line. Every document has a zod schema in `@roto/sdk/contract`.',
    '`--local` runs on this machine. With `--shot`, the document gives the clip, the prompts and the settings; the clip named on the command line and every option given there take the place of the same thing in the document, `--format` that of all its outputs.',
    specs.map(({ name, summary }) => `- [\`roto ${name}\`](#roto-${name}): ${summary}`).join('\n'),
    ...specs.flatMap((spec) => (isGroup(spec) ? groupSection(spec) : commandSection(spec, 'roto'))),
    ...helpTopics
      .filter(({ name }) => name !== 'exit-codes')
      .flatMap(({ name, summary, lines }) => [
        `## ${summary.charAt(0).toUpperCase()}${summary.slice(1)}`,
        `Also shown by \`roto help ${name}\`.`,
        fenced(lines()),
      ]),
    '## Exit statuses',
    'Also shown by `roto help exit-codes`. The [error codes](errors.md) say more.',
    exitTable(),
    'The first Ctrl-C stops the work in order, within a frame, and roto exits with 130; the second one ends it at once, by the signal itself.',
  ]);
}

/** docs/errors.md: every error code with its exit status. */
export function renderErrorDocs(): string {
  const rows = Object.keys(errorKinds)
    .filter(isErrorCode)
    .map((code) => {
      const kind = errorKinds[code];
      return `| \`${code}\` | ${kind} | ${exitCodes[kind].status} | ${httpStatusOf(code)} | ${errorMeanings[code]} |`;
    });
  return page([
    header,
    '# Errors',
    'Every failure has a code, which is stable, and a sentence, which is not: match on the code. `--json` prints it as `{"schema": "roto.error/1", "error": {"code", "message", "param"?, "hint"?}}`, `--json-stream` as the last event. The kind of a code decides the exit status; the service answers `{"error": {"code", "message", "param"?, "requestId", "docUrl"}}` with the HTTP status.',
    exitTable(),
    '## Codes',
    [
      '| code | kind | exit status | HTTP status | meaning |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  ]);
}

function exitTable(): string {
  const rows = Object.entries(exitCodes).map(
    ([name, { status, meaning }]) => `| ${status} | ${name} | ${meaning} |`,
  );
  return ['| status | name | meaning |', '|---|---|---|', ...rows].join('\n');
}

function groupSection(group: CommandGroupSpec): string[] {
  return [
    `## roto ${group.name}`,
    `${group.summary.charAt(0).toUpperCase()}${group.summary.slice(1)}.`,
    ...group.commands.flatMap((spec) => commandSection(spec, `roto ${group.name}`, '###')),
  ];
}

function commandSection(spec: CommandSpec, parent: string, level = '##'): string[] {
  const words = spec.arguments.map(({ syntax }) => ` ${syntax}`).join('');
  const name = `${parent} ${spec.name}`;
  return [
    `${level} ${name}`,
    ...spec.description.map(escaped),
    fenced([`${name} [options]${words}`]),
    ...spec.arguments.map(({ syntax, text }) => `\`${syntax}\`: ${escaped(text)}`),
    ...optionGroups.flatMap((group) => {
      const options = Object.values(spec.options).filter((option) => option.group === group);
      if (options.length === 0) return [];
      const rows = options.map(({ flags, text }) => `| \`${flags}\` | ${escaped(text)} |`);
      return [[`| ${group} | |`, '|---|---|', ...rows].join('\n')];
    }),
    ...examples(spec),
  ];
}

function examples(spec: CommandSpec): string[] {
  const lines = spec.examples.flatMap(({ text, line }) =>
    text === '' ? [line] : [`# ${text}`, line],
  );
  return lines.length === 0 ? [] : [fenced(lines, 'sh')];
}

function fenced(lines: readonly string[], language = 'text'): string {
  return [`\`\`\`${language}`, ...lines, '```'].join('\n');
}

/** Text of the help as Markdown: nothing in it is markup. */
function escaped(text: string): string {
  return text.replace(/[\\<>|*_#]/g, '\\$&');
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}
