import { packBfloat16 } from './bfloat16.ts';
import { type ChosenMask, chooseMask } from './choose-mask.ts';
import { fillHoles } from './fill-holes.ts';
import { type GatheredMemory, memoryBank } from './memory-gather.ts';
import { answerOf } from './network-answer.ts';
import type { FrameFeatures, Sam2Networks } from './networks.ts';
import type { FrameMemory } from './object-memory.ts';
import type { Sam2Rules } from './presets.ts';

/** One object on one frame: its mask, and what is remembered of it. */
export interface FrameRecord extends ChosenMask, FrameMemory {
  readonly tokens: Uint16Array;
}

/** One object that goes to the next frame. */
export interface TrackedObject {
  readonly gathered: GatheredMemory;
  readonly rules: Sam2Rules;
}

/** A frame to go to: as the encoder gets it, and as the encoder sees it. */
export interface FrameView {
  /** Where there is none, what runs from the picture on is not used. */
  readonly square?: () => Uint8Array;
  features(): Promise<FrameFeatures>;
}

/**
 * Follows objects to a frame by their memories. Those that attend to equally many frames go through
 * the networks together. Where all do, and the networks have it, in one run from the picture on.
 * @returns the record of each object, in their order
 */
export async function trackObjectsTo(
  networks: Sam2Networks,
  frame: FrameView,
  objects: readonly TrackedObject[],
): Promise<FrameRecord[]> {
  const groups = [...Map.groupBy(objects, bankSize).values()];
  if (networks.trackFrame && frame.square && groups.length === 1) {
    return trackAtOnce(networks.trackFrame, frame.square(), objects);
  }
  const records = new Map<TrackedObject, FrameRecord>();
  for (const group of groups) {
    const tracked = await trackTogether(networks, await frame.features(), group);
    for (const [i, object] of group.entries()) records.set(object, answerOf(tracked, i));
  }
  return objects.flatMap((object) => records.get(object) ?? []);
}

function bankSize({ gathered }: TrackedObject): string {
  return `${gathered.blocks.length} ${gathered.pointers.length}`;
}

async function trackAtOnce(
  trackFrame: NonNullable<Sam2Networks['trackFrame']>,
  square: Uint8Array,
  objects: readonly TrackedObject[],
): Promise<FrameRecord[]> {
  const tracked = await trackFrame(
    square,
    objects.map(({ gathered }) => gathered),
  );
  return objects.map(({ rules }, i) => {
    const { mask, pointer, score, memory } = answerOf(tracked, i);
    return {
      mask: fillHoles(mask, rules.fillHoleArea),
      pointer,
      score,
      tokens: packBfloat16(memory),
    };
  });
}

async function trackTogether(
  networks: Sam2Networks,
  features: FrameFeatures,
  objects: readonly TrackedObject[],
): Promise<FrameRecord[]> {
  const banks = objects.map(({ gathered }) => memoryBank(gathered));
  const image = await networks.attend(features, banks);
  const decoded = await networks.decode(
    features,
    image,
    objects.map(() => ({ points: [] })),
  );
  const chosen = objects.map(({ rules }, i) =>
    chooseMask(answerOf(decoded, i), 0, networks.vectors, rules),
  );
  // What is remembered is the mask before its holes are filled.
  const seen = chosen.map(({ mask, score }) => ({
    logits: mask,
    binary: false,
    present: score > 0,
  }));
  const memories = await networks.encodeMemory(features, seen);
  return objects.map(({ rules }, i) => {
    const choice = answerOf(chosen, i);
    const tokens = packBfloat16(answerOf(memories, i));
    return { ...choice, mask: fillHoles(choice.mask, rules.fillHoleArea), tokens };
  });
}
