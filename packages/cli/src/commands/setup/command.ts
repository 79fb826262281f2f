import { resolve } from 'node:path';
import type { CudaSetup, CudaSetupDocument } from '@roto/sdk/contract';
import { parsePath } from '../../args/choices.ts';
import { createByteProgress } from '../../io/byte-progress.ts';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { type CommandContext, type CommandGroupSpec, defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { valueOption } from '../option-spec.ts';
import { displayOptions, runOptions } from '../shared-options.ts';

/** `roto setup`: what an engine can use and npm does not bring. */
export function createSetupCommands(): CommandGroupSpec {
  return {
    name: 'setup',
    summary: 'what the engines can use and npm does not bring',
    commands: [cuda()],
  };
}

function cuda() {
  const { local, json, quiet, input } = runOptions;
  return defineCommand({
    name: 'cuda',
    summary: 'install what the engines need to run on an NVIDIA card',
    description: [
      'Fetches the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux of the version of the onnxruntime that is installed, about 300 MB, and puts its three provider libraries beside it, where it looks for them; nothing else of the package is kept. What a stopped download brought is gone on with. The SHA-256 of the package is recorded when it is first fetched and checked from then on.',
      'The NVIDIA driver (580 or newer), CUDA 13 and cuDNN 9 come from NVIDIA or from your system; the result names those that are missing, and so does roto doctor. Linux x64 only.',
      'ROTO_CUDA_BASE_URL names a NuGet mirror to take the package from; HTTP_PROXY, HTTPS_PROXY and NO_PROXY are respected. With --file nothing is fetched.',
    ],
    arguments: [],
    options: {
      file: valueOption('Run', '--file <nupkg>', 'the package, fetched elsewhere before', (text) =>
        parsePath(text, '--file'),
      ),
      local,
      json,
      quiet,
      input,
    },
    examples: [
      { text: '', line: 'roto setup cuda' },
      {
        text: 'on a machine without a network',
        line: 'roto setup cuda --file microsoft.ml.onnxruntime.gpu.linux.1.30.0.nupkg',
      },
    ],
    run: async ({ options }, context) => {
      const mode = modeOf(options);
      const setup = await install(options.file, displayOptions(options), context);
      const document: CudaSetupDocument = { schema: 'roto.cuda-setup/1', ...setup };
      printResult(context.io, mode, { document, lines: setupLines(setup) });
      return 'ok';
    },
  });
}

async function install(
  file: string | undefined,
  display: { readonly quiet: boolean; readonly input: boolean },
  { io, loadBackend }: CommandContext,
): Promise<CudaSetup> {
  const backend = await loadBackend();
  const progress = createByteProgress(io, { name: 'CUDA libraries', ...display });
  try {
    return await backend.setupCuda({
      signal: io.signal,
      onProgress: (done, total) => progress.show({ done, total }),
      ...(file === undefined ? {} : { file: resolve(io.cwd, file) }),
    });
  } finally {
    progress.close();
  }
}

function setupLines({ version, folder, installed, lacks }: CudaSetup): string[] {
  const what = installed ? 'installed' : 'there already';
  return [
    `CUDA libraries of onnxruntime ${version}: ${what}, in ${printable(folder)}`,
    ...(lacks.length === 0
      ? ['CUDA is whole: run with --device cuda.']
      : lacks.map((lack) => `missing: ${printable(lack)}`)),
  ];
}
