import type { RemovedDocument } from '@roto/sdk/contract';
import { printResult } from '../../io/output.ts';
import { formatBytes } from '../../io/quantities.ts';
import { defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { runOptions } from '../shared-options.ts';

/** `roto models remove`: give the disk back. */
export function createRemoveCommand() {
  const { local, json } = runOptions;
  return defineCommand({
    name: 'remove',
    summary: 'remove installed models',
    description: [
      'Removes models from this machine, with what a stopped download left of them. Tracks that were made with them stay and can be exported.',
    ],
    arguments: [{ syntax: '<model...>', text: 'names of models, see roto models list' }],
    options: { local, json },
    examples: [{ text: '', line: 'roto models remove sam2.1-large' }],
    run: async ({ words, options }, { io, loadBackend }) => {
      const mode = modeOf(options);
      const backend = await loadBackend();
      const models: RemovedDocument['models'] = [];
      for (const id of words) models.push(await backend.removeModel(id, { signal: io.signal }));
      const document: RemovedDocument = { schema: 'roto.models-removed/1', models };
      const lines = models.map(({ id, bytes }) => `${id}  removed, ${formatBytes(bytes)}`);
      printResult(io, mode, { document, lines });
      return 'ok';
    },
  });
}
