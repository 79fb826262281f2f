import type { CreditHistoryDocument, CreditsDocument, PageDocument } from '@roto/sdk/contract';
import { openPage } from '../../server/open-page.ts';
import type { CommandGroupSpec } from '../command-spec.ts';
import { columns, firstOf, listOptions, pageSize, shortTime } from '../list-options.ts';
import { defineServerCommand } from '../server-command.ts';

/** `roto credits`: what the account can spend. */
export function createCreditsCommands(): CommandGroupSpec {
  return {
    name: 'credits',
    summary: 'credits to spend on the server',
    commands: [show(), buy(), history()],
    usual: 'show',
  };
}

function show() {
  return defineServerCommand({
    name: 'show',
    summary: 'credits there are, and those set aside (also: roto credits)',
    description: ['Shows what can be spent, and what is set aside for tasks that wait or run.'],
    examples: [{ text: '', line: 'roto credits' }],
    ask: async ({ roto }, { io: { signal } }) => {
      const balance = await roto.credits.get({ signal });
      const document: CreditsDocument = { schema: 'roto.credits/1', ...balance };
      const { available, reserved, metered } = balance;
      const lines = metered
        ? [`available  ${available}`, `reserved   ${reserved}`]
        : ['The server runs unmetered: nothing costs anything.'];
      return { document, lines };
    },
  });
}

function buy() {
  return defineServerCommand({
    name: 'buy',
    summary: 'buy a pack of credits, in a browser',
    description: [
      'Begins to buy and opens the page where it is paid; without a terminal only its address is printed. Without a pack, the packs there are.',
    ],
    arguments: [{ syntax: '[pack]', text: 'name of a pack' }],
    examples: [{ text: 'what is there', line: 'roto credits buy' }],
    ask: async ({ roto }, { words: [pack], options, io }) => {
      const { signal } = io;
      if (pack === undefined) {
        const { credit_packs } = await roto.billing.offers({ signal });
        const rows = credit_packs.map(({ name, credits }) => [name, `${credits} credits`]);
        return { document: { schema: 'roto.packs/1', packs: credit_packs }, lines: columns(rows) };
      }
      const { url } = await roto.credits.purchase({ pack }, { signal });
      await openPage(io, options, url);
      const document: PageDocument = { schema: 'roto.page/1', url };
      return { document, lines: [url] };
    },
  });
}

function history() {
  return defineServerCommand({
    name: 'history',
    summary: 'movements of credits, newest first',
    description: [
      'Shows what was granted, bought, set aside, spent and given back, and for which task.',
    ],
    options: listOptions,
    examples: [{ text: '', line: 'roto credits history --limit 50' }],
    ask: async ({ roto }, { options: { limit }, io: { signal } }) => {
      const list = roto.credits.history({ limit: pageSize(limit) }, { signal });
      const movements = await firstOf(list, limit);
      const document: CreditHistoryDocument = { schema: 'roto.credit-history/1', movements };
      const rows = movements.map(({ kind, available, reserved, task_id, created_at }) => [
        shortTime(created_at),
        kind,
        signed(available),
        reserved === 0 ? '' : `reserved ${signed(reserved)}`,
        task_id ?? '',
      ]);
      return { document, lines: rows.length === 0 ? ['no movements'] : columns(rows) };
    },
  });
}

function signed(credits: number): string {
  return credits > 0 ? `+${credits}` : String(credits);
}
