import type { Frame } from '../media/clip.ts';
import type { ObjectMask, TrackerStep } from './engine.ts';

/** Steps of trackers that share nothing on a frame, one after the other. */
export async function stepOneByOne(
  frame: Frame,
  steps: readonly TrackerStep[],
): Promise<readonly ObjectMask[]> {
  const masks: ObjectMask[] = [];
  for (const step of steps) {
    masks.push(
      await (step.kind === 'track'
        ? step.tracker.track(frame, step.direction)
        : step.tracker[step.kind](frame, step.prompt)),
    );
  }
  return masks;
}
