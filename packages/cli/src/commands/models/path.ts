import type { ModelPathDocument } from '@roto/sdk/contract';
import { printResult } from '../../io/output.ts';
import { askBackend } from '../ask-backend.ts';
import { defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { runOptions } from '../shared-options.ts';

/** `roto models path`: for scripts. */
export function createPathCommand() {
  const { local, json } = runOptions;
  return defineCommand({
    name: 'path',
    summary: 'print where a model lies, or the folder of all models',
    description: [
      'Prints one path and nothing else. Ends with status 6 where the model is not installed.',
    ],
    arguments: [
      { syntax: '[model]', text: 'name of a model; the folder of all models where none is named' },
    ],
    options: { local, json },
    examples: [
      { text: 'the checkpoint', line: 'roto models path sam2.1-tiny' },
      { text: 'where to put files by hand', line: 'roto models path' },
    ],
    run: async ({ words: [id], options }, context) => {
      const mode = modeOf(options);
      const path = await askBackend(context, (backend) =>
        id === undefined ? Promise.resolve(backend.modelsFolder()) : backend.modelPath(id),
      );
      const document: ModelPathDocument = { schema: 'roto.model-path/1', path };
      // Not made printable: a script takes the path as it is.
      printResult(context.io, mode, { document, lines: [path] });
      return 'ok';
    },
  });
}
