import {
  ApiScope,
  apiScopes,
  type DeletedDocument,
  type KeysDocument,
  type NewKeyDocument,
  RotoError,
} from '@roto/sdk/contract';
import { quoted } from '../../args/numbers.ts';
import { printable } from '../../io/printable.ts';
import type { CommandGroupSpec } from '../command-spec.ts';
import { columns, firstOf, listOptions, pageSize, shortTime } from '../list-options.ts';
import { valueOption } from '../option-spec.ts';
import { defineServerCommand } from '../server-command.ts';

/** What a key may do unless it is said: everything that runs need. */
const usualScopes: readonly ApiScope[] = [
  'videos:read',
  'videos:write',
  'tasks:read',
  'tasks:write',
  'account:read',
];

/** `roto keys`: API keys, for pipelines and programs. */
export function createKeysCommands(): CommandGroupSpec {
  return {
    name: 'keys',
    summary: 'API keys, for pipelines and programs',
    commands: [list(), create(), revoke()],
  };
}

function list() {
  return defineServerCommand({
    name: 'list',
    summary: 'keys, newest first, revoked ones too',
    description: ['Shows id, beginning, name, what it may do, and when it was used last.'],
    options: listOptions,
    examples: [{ text: '', line: 'roto keys list' }],
    ask: async ({ roto }, { options: { limit }, io: { signal } }) => {
      const keys = await firstOf(roto.apiKeys.list({ limit: pageSize(limit) }, { signal }), limit);
      const document: KeysDocument = { schema: 'roto.keys/1', keys };
      const rows = keys.map((key) => [
        key.id,
        `${key.prefix}...`,
        printable(key.name),
        key.scopes.join(' '),
        stateOf(key),
      ]);
      return { document, lines: rows.length === 0 ? ['no keys'] : columns(rows) };
    },
  });
}

function stateOf({ revoked_at, last_used_at }: KeysDocument['keys'][number]): string {
  if (revoked_at !== null) return `revoked ${shortTime(revoked_at)}`;
  return last_used_at === null ? 'never used' : `used ${shortTime(last_used_at)}`;
}

function create() {
  return defineServerCommand({
    name: 'create',
    summary: 'make a key; it is shown once',
    description: [
      'Prints the key alone on stdout, so that it can be piped on. Takes a login: no key makes another one.',
    ],
    arguments: [{ syntax: '<name>', text: 'what it is for, such as "render farm"' }],
    options: {
      scopes: valueOption(
        'Account',
        '--scopes <list>',
        `what it may do, parted by commas: ${apiScopes.join(', ')} (default: ${usualScopes.join(', ')})`,
        parseScopes,
      ),
      expires: valueOption(
        'Account',
        '--expires <day>',
        'the day it ends, such as 2027-01-31 (default: never)',
        parseDay,
      ),
    },
    examples: [
      { text: '', line: "roto keys create 'render farm' > key.txt" },
      {
        text: 'one that only reads',
        line: 'roto keys create watcher --scopes videos:read,tasks:read',
      },
    ],
    ask: async ({ roto }, { words: [name = ''], options: { scopes, expires }, io: { signal } }) => {
      const asked = {
        name,
        scopes: [...(scopes ?? usualScopes)],
        ...(expires === undefined ? {} : { expires_at: expires }),
      };
      const key = await roto.apiKeys.create(asked, { signal });
      const document: NewKeyDocument = { schema: 'roto.new-key/1', key };
      return { document, lines: [key.key] };
    },
  });
}

function revoke() {
  return defineServerCommand({
    name: 'revoke',
    summary: 'let a key count no more',
    description: ['Ends a key at once, wherever it is used.'],
    arguments: [{ syntax: '<key>', text: 'id of a key: key_...' }],
    examples: [{ text: '', line: 'roto keys revoke key_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      await roto.apiKeys.revoke(id, { signal });
      const document: DeletedDocument = { schema: 'roto.deleted/1', id };
      return { document, lines: [`${id} is revoked`] };
    },
  });
}

function parseScopes(text: string): ApiScope[] {
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => {
      const scope = ApiScope.safeParse(word);
      if (scope.success) return scope.data;
      throw new RotoError(
        'invalid_argument',
        `Expected scopes out of ${apiScopes.join(', ')} but received ${quoted(word)}.`,
        { param: '--scopes' },
      );
    });
}

function parseDay(text: string): string {
  const day = new Date(`${text}T23:59:59.000Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(day.getTime())) return day.toISOString();
  throw new RotoError(
    'invalid_argument',
    `Expected a day such as 2027-01-31 for --expires but received ${quoted(text)}.`,
    { param: '--expires' },
  );
}
