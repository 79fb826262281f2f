import type { ResultWarning, RunEvent } from '@roto/sdk/contract';
import type { EngineIdentity } from '../engine/engine.ts';
import type { OpenShot } from './open-shot.ts';
import { resultClip } from './result-clip.ts';

/** Tells what is worked on by which engine, and what was to be warned of before the work began. */
export function tellStart(
  { clip, objects }: OpenShot,
  { engine, model, device }: Pick<EngineIdentity, 'engine' | 'model' | 'device'>,
  warnings: readonly ResultWarning[],
  onEvent: ((event: RunEvent) => void) | undefined,
): void {
  onEvent?.({
    event: 'start',
    clip: resultClip(clip.info),
    engine,
    model: { ...model },
    device,
    objects: objects.map(({ id, name }) => ({ id, name })),
  });
  for (const warning of warnings) onEvent?.({ event: 'warning', warning });
}
