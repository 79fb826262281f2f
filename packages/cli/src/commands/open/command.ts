import type { PageDocument } from '@roto/sdk/contract';
import { openPage } from '../../server/open-page.ts';
import { defineServerCommand } from '../server-command.ts';

/** `roto open`: the status page of the server, in a browser. */
export function createOpenCommand() {
  return defineServerCommand({
    name: 'open',
    summary: 'open the status page of the server, or a task on it',
    description: [
      'Opens the page in a browser and prints its address; without a terminal it is printed only.',
    ],
    arguments: [{ syntax: '[task]', text: 'id of a task: tsk_...' }],
    examples: [{ text: '', line: 'roto open' }],
    ask: async ({ connection: { baseUrl } }, { words: [task], options, io }) => {
      const url =
        task === undefined ? `${baseUrl}/` : `${baseUrl}/tasks/${encodeURIComponent(task)}`;
      await openPage(io, options, url);
      const document: PageDocument = { schema: 'roto.page/1', url };
      return { document, lines: [url] };
    },
  });
}
