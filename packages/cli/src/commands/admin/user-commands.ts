import {
  type AdminUser,
  type AdminUserChanges,
  type DeletedDocument,
  RotoError,
  type UserDocument,
  type UsersDocument,
} from '@roto/sdk/contract';
import { parseChoice } from '../../args/choices.ts';
import { quoted, wholeNumber } from '../../args/numbers.ts';
import { formatBytes } from '../../io/quantities.ts';
import { parseEmail } from '../account/account-options.ts';
import type { CommandSpec } from '../command-spec.ts';
import { confirmOptions, requireYes } from '../confirm-option.ts';
import { columns, firstOf, listOptions, pageSize, shortTime } from '../list-options.ts';
import { valueOption } from '../option-spec.ts';
import { defineServerCommand } from '../server-command.ts';

const user = { syntax: '<user>', text: 'id of an account: usr_...' };

/** What super users do with accounts. */
export function createUserCommands(): CommandSpec[] {
  return [list(), show(), update(), grant(), tier(), remove()];
}

function list() {
  return defineServerCommand({
    name: 'users',
    summary: 'accounts, newest first',
    description: ['Shows id, plan, credits, storage and address.'],
    options: {
      ...listOptions,
      email: valueOption(
        'List',
        '--email <part>',
        'only those whose address has this in it',
        (text) => text,
      ),
    },
    examples: [{ text: '', line: 'roto admin users --email example.com' }],
    ask: async ({ roto }, { options: { limit, email }, io: { signal } }) => {
      const query = { limit: pageSize(limit), ...(email === undefined ? {} : { email }) };
      const users = await firstOf(roto.admin.users.list(query, { signal }), limit);
      const document: UsersDocument = { schema: 'roto.users/1', users };
      const rows = users.map((one) => [
        one.id,
        one.membership.tier,
        String(one.user_credits),
        formatBytes(one.storage_used.total_bytes),
        one.email ?? '(deleted)',
      ]);
      return { document, lines: rows.length === 0 ? ['no accounts'] : columns(rows) };
    },
  });
}

function show() {
  return defineServerCommand({
    name: 'user',
    summary: 'what is known of an account',
    description: ['Shows an account as super users see it.'],
    arguments: [user],
    examples: [{ text: '', line: 'roto admin user usr_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) =>
      printed(await roto.admin.users.get(id, { signal })),
  });
}

function update() {
  const yesOrNo = (flag: string) => (text: string) =>
    parseChoice(text, ['yes', 'no'], flag) === 'yes';
  return defineServerCommand({
    name: 'update',
    summary: 'change an account',
    description: ['Changes what is given of an account; the rest stays.'],
    arguments: [user],
    options: {
      email: valueOption('Account', '--email <address>', 'its address', parseEmail),
      confirmed: valueOption(
        'Account',
        '--confirmed <yes|no>',
        'whether its address counts as confirmed',
        yesOrNo('--confirmed'),
      ),
      superUser: valueOption(
        'Account',
        '--super-user <yes|no>',
        'whether it is a super user',
        yesOrNo('--super-user'),
      ),
    },
    examples: [{ text: '', line: 'roto admin update usr_4f1c... --confirmed yes' }],
    ask: async (
      { roto },
      { words: [id = ''], options: { email, confirmed, superUser }, io: { signal } },
    ) => {
      const changes: AdminUserChanges = {
        ...(email === undefined ? {} : { email }),
        ...(confirmed === undefined ? {} : { is_confirmed: confirmed }),
        ...(superUser === undefined ? {} : { super_user: superUser }),
      };
      if (Object.keys(changes).length === 0) {
        throw new RotoError('invalid_argument', 'Expected --email, --confirmed or --super-user.', {
          param: '--email',
        });
      }
      return printed(await roto.admin.users.update(id, changes, { signal }));
    },
  });
}

function grant() {
  return defineServerCommand({
    name: 'grant',
    summary: 'give credits to an account, or take them away',
    description: [
      'Gives credits; a number below 0 (after --) takes them away, as far as they are there. The reason is kept.',
    ],
    arguments: [
      user,
      { syntax: '<credits>', text: 'how many' },
      { syntax: '<reason>', text: 'why' },
    ],
    examples: [{ text: '', line: "roto admin grant usr_4f1c... 50 'lost in the outage'" }],
    ask: async ({ roto }, { words: [id = '', count = '', reason = ''], io: { signal } }) => {
      const credits = wholeNumber(count);
      if (credits === undefined) {
        throw new RotoError(
          'invalid_argument',
          `Expected a whole number of credits but received ${quoted(count)}.`,
          { param: 'credits' },
        );
      }
      return printed(await roto.admin.users.grant(id, { credits, reason }, { signal }));
    },
  });
}

function tier() {
  return defineServerCommand({
    name: 'tier',
    summary: 'put an account on another plan, without payment',
    description: ['Changes the plan of an account at once.'],
    arguments: [user, { syntax: '<plan>', text: 'name of a plan, see roto plan list' }],
    examples: [{ text: '', line: 'roto admin tier usr_4f1c... studio' }],
    ask: async ({ roto }, { words: [id = '', name = ''], io: { signal } }) =>
      printed(await roto.admin.users.setTier(id, { tier: name }, { signal })),
  });
}

function remove() {
  return defineServerCommand({
    name: 'delete',
    summary: 'delete an account with all it has',
    description: [
      'Cancels its tasks and its subscription, and removes files, keys and what is personal. It cannot be taken back.',
    ],
    arguments: [user],
    options: confirmOptions,
    examples: [{ text: '', line: 'roto admin delete usr_4f1c... --yes' }],
    ask: async ({ roto }, { words: [id = ''], options, io }) => {
      const { signal } = io;
      const { email } = await roto.admin.users.get(id, { signal });
      await requireYes(io, options, `Delete the account ${email ?? id} with all it has?`);
      await roto.admin.users.delete(id, { signal });
      const document: DeletedDocument = { schema: 'roto.deleted/1', id };
      return { document, lines: [`${id} is deleted`] };
    },
  });
}

function printed(one: AdminUser) {
  const document: UserDocument = { schema: 'roto.user/1', user: one };
  const { id, email, membership, user_credits, reserved_credits, storage_used, created_at } = one;
  const marks = [
    ...(one.super_user ? ['super user'] : []),
    ...(one.is_confirmed ? [] : ['not confirmed']),
    ...(one.deleted_at === null ? [] : [`deleted ${shortTime(one.deleted_at)}`]),
  ];
  return {
    document,
    lines: [
      `${id}  ${email ?? '(deleted)'}${marks.length === 0 ? '' : `  ${marks.join(', ')}`}`,
      `  ${membership.tier}, ${user_credits} credits and ${reserved_credits} set aside, ${formatBytes(storage_used.total_bytes)}`,
      `  since ${shortTime(created_at)} UTC`,
    ],
  };
}
