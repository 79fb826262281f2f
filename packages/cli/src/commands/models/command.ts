import type { ModelsDocument } from '@roto/sdk/contract';
import { printResult } from '../../io/output.ts';
import { askBackend } from '../ask-backend.ts';
import { type CommandGroupSpec, defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { runOptions } from '../shared-options.ts';
import { createImportCommand } from './import.ts';
import { modelLines } from './model-lines.ts';
import { createPathCommand } from './path.ts';
import { createPullCommand } from './pull.ts';
import { createRemoveCommand } from './remove.ts';
import { createVerifyCommand } from './verify.ts';

/** `roto models`: what the engines of this machine stand on. */
export function createModelsCommands(): CommandGroupSpec {
  return {
    name: 'models',
    summary: 'the models of this machine and their licences',
    commands: [
      list(),
      createPullCommand(),
      createVerifyCommand(),
      createImportCommand(),
      createRemoveCommand(),
      createPathCommand(),
    ],
  };
}

function list() {
  const { local, json } = runOptions;
  return defineCommand({
    name: 'list',
    summary: 'models, whether they are installed, and their licences',
    description: ['Shows every model roto knows, where it lies, its SHA-256 and its licence.'],
    arguments: [],
    options: { local, json },
    examples: [{ text: '', line: 'roto models list' }],
    run: async ({ options }, context) => {
      const mode = modeOf(options);
      const models = await askBackend(context, (backend) => backend.listModels());
      const document: ModelsDocument = { schema: 'roto.models/1', models };
      printResult(context.io, mode, { document, lines: models.flatMap(modelLines) });
      return 'ok';
    },
  });
}
