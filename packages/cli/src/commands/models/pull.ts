import type { PulledDocument, PulledModel } from '@roto/sdk/contract';
import { createByteProgress } from '../../io/byte-progress.ts';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { formatBytes } from '../../io/quantities.ts';
import { type CommandContext, defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { displayOptions, runOptions } from '../shared-options.ts';

/** `roto models pull`: fetch and install. */
export function createPullCommand() {
  const { local, json, quiet, input } = runOptions;
  return defineCommand({
    name: 'pull',
    summary: 'download and install a model',
    description: [
      'Downloads the checkpoint of a model and checks its SHA-256. What a stopped download brought is kept and gone on with; a model that is there already is checked, and fetched again only where it is damaged. Several pulls of one model at once share one download.',
      'Models go to ROTO_MODELS_DIR, else to roto/models in the data folder of your account. ROTO_MODELS_BASE_URL names a mirror to take the file from instead; HTTP_PROXY, HTTPS_PROXY and NO_PROXY are respected.',
    ],
    arguments: [{ syntax: '<model...>', text: 'names of models, see roto models list' }],
    options: { local, json, quiet, input },
    examples: [{ text: '', line: 'roto models pull sam2.1-tiny' }],
    run: async ({ words, options }, context) => {
      const mode = modeOf(options);
      const models: PulledModel[] = [];
      for (const id of words) models.push(await pull(id, displayOptions(options), context));
      const document: PulledDocument = { schema: 'roto.models-pulled/1', models };
      printResult(context.io, mode, { document, lines: models.map(pulledLine) });
      return 'ok';
    },
  });
}

async function pull(
  id: string,
  display: { readonly quiet: boolean; readonly input: boolean },
  { io, loadBackend }: CommandContext,
): Promise<PulledModel> {
  const backend = await loadBackend();
  const progress = createByteProgress(io, { name: printable(id), ...display });
  try {
    return await backend.pullModel(id, {
      signal: io.signal,
      onProgress: (each) => progress.show(each),
    });
  } finally {
    progress.close();
  }
}

function pulledLine({ id, path, bytes, pulled }: PulledModel): string {
  const what = pulled ? `pulled, ${formatBytes(bytes)}` : 'was there already, and is right';
  return `${id}  ${what}  ${printable(path)}`;
}
