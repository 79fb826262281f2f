import {
  liteModel,
  type Qualities,
  Quality,
  qualityModels,
  RotoError,
  type Shot,
} from '@roto/sdk/contract';
import type { WorkerRow } from '../db/queries/workers.ts';

/** What a worker can run, of what its row says. */
export type Abilities = Pick<WorkerRow, 'models' | 'device'>;

/** Behind the name of a model: only a worker whose device is a graphics card has it. */
const onCard = '@cuda';

/** Whether a worker can run a task that requires something. */
export function canRun({ models, device }: Abilities, requires: string): boolean {
  const needsCard = requires.endsWith(onCard);
  const model = needsCard ? requires.slice(0, -onCard.length) : requires;
  return models.includes(model) && (!needsCard || device.startsWith('cuda'));
}

/** The engine a task runs with: named, so that every worker and a local run take the same. */
export interface ChosenEngine {
  readonly engine: Shot['engine'];
  readonly model: string;
  /** What a worker must have. */
  readonly requires: string;
}

/**
 * Says which model a shot runs with, of those that workers have now. `draft` is the lite engine
 * where the smallest model of the better one is not installed.
 * @throws RotoError `model_unavailable`
 */
export function chooseEngine(engine: Shot['engine'], workers: readonly Abilities[]): ChosenEngine {
  const model = modelOf(engine, workers);
  const requires = engine.device.startsWith('cuda') ? `${model}${onCard}` : model;
  if (!workers.some((worker) => canRun(worker, requires)))
    throw unavailable(model, requires, workers);
  const { model: _asked, ...rest } = engine;
  const named =
    model === liteModel
      ? { ...rest, name: 'lite' as const }
      : { ...rest, name: 'sam2' as const, model };
  return { engine: named, model, requires };
}

function modelOf({ name, model, quality }: Shot['engine'], workers: readonly Abilities[]): string {
  if (model !== undefined) return model;
  if (name === 'lite') return liteModel;
  const sized = qualityModels[quality];
  if (name === 'sam2' || quality !== 'draft') return sized;
  return workers.some((worker) => canRun(worker, sized)) ? sized : liteModel;
}

function unavailable(model: string, requires: string, workers: readonly Abilities[]): RotoError {
  if (workers.length === 0) {
    return new RotoError('model_unavailable', 'No worker runs now, so nothing can be tracked.', {
      param: 'quality',
      hint: 'Try again in a minute.',
    });
  }
  if (requires !== model && workers.some((worker) => canRun(worker, model))) {
    return new RotoError('model_unavailable', `No worker has a graphics card for ${model}.`, {
      param: 'shot.engine.device',
      hint: 'Leave the device out.',
    });
  }
  return new RotoError('model_unavailable', `No worker has the model ${model}.`, {
    param: 'quality',
    hint: pullHint(model),
  });
}

function pullHint(model: string): string {
  return `roto models pull ${model} on the machine of a worker installs it; draft needs none.`;
}

/** Which qualities workers run now, for `/api/qualities`. */
export function qualitiesOf(workers: readonly Abilities[]): Qualities {
  const qualities = Quality.options.map((quality) => {
    const sized = qualityModels[quality];
    const hasSized = workers.some((worker) => canRun(worker, sized));
    const model = quality === 'draft' && !hasSized ? liteModel : sized;
    const able = workers.filter((worker) => canRun(worker, model));
    const available = able.length > 0;
    return {
      quality,
      available,
      model,
      devices: [...new Set(able.map(({ device }) => device))],
      ...(available ? {} : { hint: pullHint(model) }),
    };
  });
  return { qualities, workers: workers.length };
}
