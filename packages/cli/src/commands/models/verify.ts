import type { VerifiedDocument, VerifiedModel } from '@roto/sdk/contract';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { runOptions } from '../shared-options.ts';

/** `roto models verify`: are the files what they should be? */
export function createVerifyCommand() {
  const { local, json } = runOptions;
  return defineCommand({
    name: 'verify',
    summary: 'read installed models through and check their SHA-256',
    description: [
      'Compares the SHA-256 of installed models with the published one, or with the one they had when they were imported. Ends with status 6 at the first that differs.',
    ],
    arguments: [
      { syntax: '[model...]', text: 'names of models; all that are installed where none is named' },
    ],
    options: { local, json },
    examples: [
      { text: 'one model', line: 'roto models verify sam2.1-tiny' },
      { text: 'everything', line: 'roto models verify' },
    ],
    run: async ({ words, options }, { io, loadBackend }) => {
      const mode = modeOf(options);
      const backend = await loadBackend();
      const ids =
        words.length > 0
          ? words
          : (await backend.listModels()).filter((each) => each.installed).map(({ id }) => id);
      const models: VerifiedModel[] = [];
      for (const id of ids) models.push(await backend.verifyModel(id, { signal: io.signal }));
      const document: VerifiedDocument = { schema: 'roto.models-verified/1', models };
      const lines = models.map(({ id, path, sha256 }) => `${id}  ${sha256}  ${printable(path)}`);
      printResult(io, mode, { document, lines });
      return 'ok';
    },
  });
}
