import { resolve } from 'node:path';
import { type ImportedDocument, type ModelSummary, RotoError } from '@roto/sdk/contract';
import { createByteProgress } from '../../io/byte-progress.ts';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { valueOption } from '../option-spec.ts';
import { displayOptions, runOptions } from '../shared-options.ts';
import { modelLines } from './model-lines.ts';

const importOptions = {
  as: valueOption(
    'Engine',
    '--as <model>',
    'refuse the file unless it is of this network: sam2.1-tiny, -small, -base-plus or -large',
    (text) => text,
  ),
  name: valueOption(
    'Engine',
    '--name <name>',
    'what --model is to call it; only files that Meta published have a name already',
    (text) => text,
  ),
};

/** `roto models import`: a checkpoint of one's own, or one that came by another way. */
export function createImportCommand() {
  const { local, json, quiet, input } = runOptions;
  return defineCommand({
    name: 'import',
    summary: 'install a checkpoint from a file',
    description: [
      'Copies a SAM 2.1 checkpoint (.pt or .safetensors, with the names of Meta or of transformers) to the models. Which network it is, its tensors say; nothing in the file is run. A checkpoint that was trained further needs a name of its own.',
    ],
    arguments: [{ syntax: '<file>', text: 'the checkpoint' }],
    options: { ...importOptions, local, json, quiet, input },
    examples: [
      {
        text: 'a file fetched on another machine',
        line: 'roto models import sam2.1_hiera_tiny.pt',
      },
      {
        text: 'a checkpoint of your own',
        line: 'roto models import finetuned.pt --as sam2.1-small --name crowd',
      },
    ],
    run: async ({ words, options }, { io, loadBackend }) => {
      const mode = modeOf(options);
      const [file] = words;
      if (file === undefined) throw new RotoError('invalid_argument', 'Expected a file.');
      const { as, name } = options;
      const backend = await loadBackend();
      const progress = createByteProgress(io, {
        name: printable(file),
        ...displayOptions(options),
      });
      let model: ModelSummary;
      try {
        model = await backend.importModel(resolve(io.cwd, file), {
          ...(as === undefined ? {} : { as }),
          ...(name === undefined ? {} : { name }),
          signal: io.signal,
          onProgress: (done, total) => progress.show({ done, total }),
        });
      } finally {
        progress.close();
      }
      const document: ImportedDocument = { schema: 'roto.model-imported/1', model };
      printResult(io, mode, { document, lines: modelLines(model) });
      return 'ok';
    },
  });
}
