import type { AccountDocument } from '@roto/sdk/contract';
import { printable } from '../../io/printable.ts';
import { formatBytes } from '../../io/quantities.ts';
import { defineServerCommand } from '../server-command.ts';

/** `roto whoami`: which server, and as whom. */
export function createWhoamiCommand() {
  return defineServerCommand({
    name: 'whoami',
    summary: 'the server and the account that commands use',
    description: ['Asks the configured server whose login or API key it is.'],
    examples: [{ text: '', line: 'roto whoami' }],
    ask: async ({ roto, connection }, { io }) => {
      const user = await roto.users.me({ signal: io.signal });
      const { baseUrl: server, profile = null } = connection;
      const document: AccountDocument = { schema: 'roto.account/1', server, profile, user };
      return { document, lines: [user.email, ...accountLines(document)] };
    },
  });
}

/** An account for a person. */
export function accountLines({ server, profile, user }: AccountDocument): string[] {
  const { membership, storage_used } = user;
  return [
    `server   ${printable(server)}${profile === null ? '' : ` (profile ${profile})`}`,
    `plan     ${membership.tier}${user.super_user ? ', super user' : ''}`,
    `credits  ${user.user_credits}`,
    `storage  ${formatBytes(storage_used.total_bytes)} in ${storage_used.file_count} files`,
    ...(user.is_confirmed
      ? []
      : ['The address is not confirmed yet: open the link of the mail, or roto confirm TOKEN.']),
  ];
}
