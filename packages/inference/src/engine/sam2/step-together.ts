import { RotoError } from '@roto/sdk/contract';
import type { Frame } from '../../media/clip.ts';
import type { ObjectMask, TrackerStep } from '../engine.ts';
import { answerOf } from './network-answer.ts';
import { trackObjectsTo } from './step.ts';
import { Sam2Tracker, type TrackerTools, viewOf } from './tracker.ts';

/**
 * Steps of several trackers on one frame: what the encoder sees is shared, and those that track go
 * through the networks together.
 */
export async function stepTogether(
  tools: TrackerTools,
  frame: Frame,
  steps: readonly TrackerStep[],
): Promise<readonly ObjectMask[]> {
  const masks = new Map<TrackerStep, ObjectMask>();
  const tracked = steps.filter((step) => step.kind === 'track');
  for (const [step, mask] of await trackTogether(tools, frame, tracked)) masks.set(step, mask);
  for (const step of steps) {
    if (step.kind !== 'track') masks.set(step, await step.tracker[step.kind](frame, step.prompt));
  }
  return steps.flatMap((step) => masks.get(step) ?? []);
}

type TrackStep = Extract<TrackerStep, { kind: 'track' }>;

async function trackTogether(
  tools: TrackerTools,
  frame: Frame,
  steps: readonly TrackStep[],
): Promise<Map<TrackStep, ObjectMask>> {
  return tools.timed('track', async () => {
    const masks = new Map<TrackStep, ObjectMask>();
    const going = steps.flatMap((step) => {
      const tracker = sam2Tracker(step);
      const gathered = tracker.beginTrack(frame, step.direction);
      if (gathered !== undefined) return [{ step, tracker, gathered, rules: tracker.scope.rules }];
      masks.set(step, tracker.currentMask());
      return [];
    });
    if (going.length === 0) return masks;
    const records = await trackObjectsTo(tools.networks, viewOf(tools, frame), going);
    for (const [i, { step, tracker }] of going.entries()) {
      masks.set(step, tracker.endTrack(frame, step.direction, answerOf(records, i)));
    }
    return masks;
  });
}

function sam2Tracker({ tracker }: TrackStep): Sam2Tracker {
  if (tracker instanceof Sam2Tracker) return tracker;
  throw new RotoError('internal', 'Expected trackers of the engine that is to step them.');
}
