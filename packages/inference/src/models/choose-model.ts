import { basename, resolve } from 'node:path';
import {
  isModelPath,
  type Quality,
  qualityModels,
  type ResultWarning,
  RotoError,
  type ShotEngine,
} from '@roto/sdk/contract';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { EngineConfig } from '../engine/engine.ts';
import type { Sam2Name } from '../engine/sam2/architecture.ts';
import { modelPath } from './manage.ts';
import { mobileSam } from './registry.ts';
import { findPublished } from './sam2-files.ts';
import { findStored, listStored, requireStored, type StoredModel } from './store.ts';

/** A model with the engine that runs it. */
export type ChosenModel = Pick<EngineConfig, 'engine' | 'model' | 'modelPath'>;

export interface ModelChoice {
  readonly chosen: ChosenModel;
  /** What is worth knowing of the choice: that another model was asked for, or would be better. */
  readonly warnings: readonly ResultWarning[];
}

export interface ChooseModelOptions {
  /** Folder that the relative path of a checkpoint starts from. */
  readonly base: string;
  /** Whether it is for a quick look: then the smallest model of an engine is the right one. */
  readonly light: boolean;
}

/** The model of each quality, and by that the sizes in their order. */
const sizes = qualityModels satisfies Record<Quality, Sam2Name>;

/**
 * Finds the model a shot asks for. One asked for by name, by path or by its engine has to be here;
 * where nothing is said, the sam2 engine is taken with the size nearest to the quality's, and the
 * lite engine where none of its models is installed.
 *
 * @throws RotoError `model_missing`, `model_corrupt`, `model_unsupported`, `invalid_argument`
 */
export async function chooseModel(
  wanted: Pick<ShotEngine, 'name' | 'model' | 'quality'>,
  options: ChooseModelOptions,
): Promise<ModelChoice> {
  const { name, model } = wanted;
  const quality = options.light ? 'draft' : wanted.quality;
  if (name === 'lite') return { chosen: await liteModel(model), warnings: [] };
  if (model !== undefined) {
    if (model === mobileSam.id && name === 'auto') {
      return { chosen: await liteModel(model), warnings: [] };
    }
    return { chosen: await sam2Model(model, options.base), warnings: [] };
  }
  if (name === 'sam2') {
    const near = options.light ? await nearestInstalled(quality) : undefined;
    return { chosen: asChosen(near ?? (await requireStored(sizes[quality]))), warnings: [] };
  }
  return options.light ? lightChoice() : automaticChoice(quality);
}

/** What a quick look takes: the tiny model, or else lite, which says as much of a click. */
async function lightChoice(): Promise<ModelChoice> {
  const tiny = await findStored(sizes.draft);
  return { chosen: tiny === undefined ? await liteModel() : asChosen(tiny), warnings: [] };
}

async function automaticChoice(quality: Quality): Promise<ModelChoice> {
  const wanted = sizes[quality];
  const installed = await nearestInstalled(quality);
  if (installed === undefined) {
    const message = `No model of the sam2 engine is installed, so the lite engine runs, which is less exact; roto models pull ${wanted} installs one.`;
    return { chosen: await liteModel(), warnings: [{ code: 'engine_lite', message }] };
  }
  if (installed.id === wanted) return { chosen: asChosen(installed), warnings: [] };
  const message = `The model ${wanted} of the quality ${quality} is not installed, so ${installed.id} runs; roto models pull ${wanted} installs it.`;
  return { chosen: asChosen(installed), warnings: [{ code: 'model_substituted', message }] };
}

/** The installed size nearest to that of a quality, of two as near the smaller one. */
async function nearestInstalled(quality: Quality): Promise<StoredModel | undefined> {
  const order = Object.values(sizes);
  const wanted = order.indexOf(sizes[quality]);
  const byDistance = order.toSorted(
    (a, b) => Math.abs(order.indexOf(a) - wanted) - Math.abs(order.indexOf(b) - wanted),
  );
  for (const id of byDistance) {
    const stored = await findStored(id);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

async function liteModel(model: string = mobileSam.id): Promise<ChosenModel> {
  if (model !== mobileSam.id) {
    throw new RotoError(
      'model_missing',
      `Expected ${mobileSam.id}, the model of the lite engine, but received ${JSON.stringify(model)}.`,
      { param: 'model', hint: 'Leave --model out, or use --engine sam2.' },
    );
  }
  return { engine: 'lite', modelPath: await modelPath(mobileSam.id) };
}

async function sam2Model(model: string, base: string): Promise<ChosenModel> {
  if (model === mobileSam.id) {
    throw new RotoError('model_missing', `The model ${model} is one of the lite engine.`, {
      param: 'model',
      hint: 'Use --engine lite with it.',
    });
  }
  if (isModelPath(model)) return checkpointModel(resolve(base, model));
  const stored = await findStored(model);
  if (stored !== undefined) return asChosen(stored);
  if (findPublished(model) !== undefined) return asChosen(await requireStored(model));
  const known = (await listStored()).map(({ id }) => id);
  throw new RotoError(
    'model_missing',
    `Expected the model to be one of ${[mobileSam.id, ...known].join(', ')} or the path of a checkpoint but received ${JSON.stringify(model)}.`,
    {
      param: 'model',
      hint: 'roto models import adds a checkpoint under a name of its own; --engine lite needs none.',
    },
  );
}

/** A checkpoint where it lies; that it is one is seen before anything else is done. */
async function checkpointModel(path: string): Promise<ChosenModel> {
  const checkpoint = await openCheckpoint(path);
  await checkpoint.close();
  return { engine: 'sam2', modelPath: path, model: { id: basename(path) } };
}

function asChosen({ id, path, sha256 }: StoredModel): ChosenModel {
  return { engine: 'sam2', modelPath: path, model: { id, sha256 } };
}
