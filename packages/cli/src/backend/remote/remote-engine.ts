import {
  liteModel,
  Quality,
  type QualityState,
  qualityModels,
  type ResultWarning,
  type ShotEngine,
} from '@roto/sdk/contract';
import type { Server } from '../../server/open-server.ts';

/** The engine a server is asked for, with what is to be known of the choice. */
export interface RemoteEngine {
  readonly engine: ShotEngine;
  readonly warnings: readonly ResultWarning[];
}

/**
 * `auto` as a local run understands it: the model of the quality, else the nearest one that workers
 * have, else the lite engine. What was asked for by name stays.
 */
export async function chooseRemoteEngine(
  { roto }: Server,
  engine: ShotEngine,
  signal: AbortSignal | undefined,
): Promise<RemoteEngine> {
  if (engine.name !== 'auto' || engine.model !== undefined) return { engine, warnings: [] };
  const { qualities, workers } = await roto.masks.qualities({ signal });
  // The service says itself that nobody works.
  if (workers === 0) return { engine, warnings: [] };
  const wanted = qualityModels[engine.quality];
  const model = nearest(engine.quality, qualities);
  if (model === undefined) {
    const message = `No worker of the server has a model of the sam2 engine, so the lite engine runs, which is less exact.`;
    return { engine: { ...engine, name: 'lite' }, warnings: [{ code: 'engine_lite', message }] };
  }
  if (model === wanted) return { engine, warnings: [] };
  const message = `No worker of the server has the model ${wanted} of the quality ${engine.quality}, so ${model} runs.`;
  return {
    engine: { ...engine, name: 'sam2', model },
    warnings: [{ code: 'model_substituted', message }],
  };
}

/** The model of the sam2 engine whose size is nearest; of two as near the smaller one. */
function nearest(quality: Quality, states: readonly QualityState[]): string | undefined {
  const order = Quality.options;
  const wanted = order.indexOf(quality);
  const able = states.filter((state) => state.available && state.model !== liteModel);
  const byDistance = able.toSorted(
    (a, b) =>
      Math.abs(order.indexOf(a.quality) - wanted) - Math.abs(order.indexOf(b.quality) - wanted),
  );
  return byDistance[0]?.model;
}
