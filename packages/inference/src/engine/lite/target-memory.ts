import { blendSums, type FitSums, solveRidge } from './ridge.ts';

/**
 * What the target model has learned, as sums of fits: the keys and corrections for ever, the
 * tracked frames with a fading weight. The newest frame is kept apart until the next one comes, so
 * that a correction of it can take its place.
 */
export interface TargetMemory {
  /** Mean of the sums of every key and correction. */
  readonly keys: FitSums;
  readonly keyCount: number;
  readonly recent: FitSums;
  readonly newest: FitSums | undefined;
}

/** Part of a fit that the keys keep whatever comes. */
const keyShare = 0.5;
/** Part of the fading memory that each new frame takes. */
const newShare = 0.1;
const correctionShare = 0.5;
const lambda = 3e-4;

export function startMemory(key: FitSums): TargetMemory {
  return { keys: key, keyCount: 1, recent: key, newest: undefined };
}

/** The memory with the newest frame taken into the fading part. */
export function settleMemory(memory: TargetMemory): TargetMemory {
  if (memory.newest === undefined) {
    return memory;
  }
  const recent = blendSums(memory.recent, memory.newest, newShare);
  return { ...memory, recent, newest: undefined };
}

/** The memory with another frame seen. */
export function rememberFrame(memory: TargetMemory, frame: FitSums): TargetMemory {
  return { ...settleMemory(memory), newest: frame };
}

/**
 * The memory with a corrected frame in place of the newest: it stays for ever with the weight of
 * a key, and the fading part turns to it too.
 */
export function rememberCorrection(memory: TargetMemory, frame: FitSums): TargetMemory {
  const keyCount = memory.keyCount + 1;
  return {
    keys: blendSums(memory.keys, frame, 1 / keyCount),
    keyCount,
    recent: blendSums(memory.recent, frame, correctionShare),
    newest: undefined,
  };
}

/** The model of keys and tracked frames together. The memory must be settled. */
export function fitTarget(memory: TargetMemory): Float64Array {
  return solveRidge(blendSums(memory.recent, memory.keys, keyShare), lambda);
}

/** The model of the keys alone, which cannot drift. */
export function fitKeys(memory: TargetMemory): Float64Array {
  return solveRidge(memory.keys, lambda);
}
