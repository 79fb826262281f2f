import type { ResultWarning, RunEvent } from '@roto/sdk/contract';
import type { EngineIdentity } from '../engine/engine.ts';
import type { OpenShot } from './open-shot.ts';
import { resultClip } from './result-clip.ts';

/** What runs, and the track it makes or reads. */
export interface Started {
  readonly track: string;
  readonly engine: Pick<EngineIdentity, 'engine' | 'model' | 'device'>;
}

/** Tells what is worked on by which engine, and what was to be warned of before the work began. */
export function tellStart(
  { clip, objects }: OpenShot,
  { track, engine: { engine, model, device } }: Started,
  warnings: readonly ResultWarning[],
  onEvent: ((event: RunEvent) => void) | undefined,
): void {
  onEvent?.({
    event: 'start',
    clip: resultClip(clip.info),
    engine,
    model: { ...model },
    device,
    track,
    objects: objects.map(({ id, name }) => ({ id, name })),
  });
  for (const warning of warnings) onEvent?.({ event: 'warning', warning });
}
