import type { ShotMatte } from '@roto/sdk/contract';
import type { ObjectMask } from '../engine/engine.ts';
import type { Frame } from '../media/clip.ts';
import { emptyMatte, half, type Matte, opaque } from './alpha.ts';
import { choke } from './choke.ts';
import { despeckle } from './despeckle.ts';
import { feather } from './feather.ts';
import { fillHoles } from './fill-holes.ts';
import { upsampleLogits } from './upsample-logits.ts';

/**
 * The matte of one object on one frame: the engine's grid brought to the plate's size with a soft
 * edge, then despeckle, fill holes, choke and feather in that order. `edge: 'hard'` gives 0 or
 * 65535 alone. An object that is not there (no mask, or a score of .5 or less) is an empty matte.
 */
export function renderMatte(
  mask: ObjectMask | undefined,
  plate: Frame,
  settings: ShotMatte,
): Matte {
  if (mask === undefined || mask.score <= 0.5) return emptyMatte(plate.width, plate.height);
  let matte = softMatte(mask, plate);
  matte = despeckle(matte, settings.despeckle);
  matte = fillHoles(matte, settings.fillHoles);
  matte = choke(matte, settings.choke);
  matte = feather(matte, settings.feather);
  return settings.edge === 'hard' ? harden(matte) : matte;
}

function softMatte(mask: ObjectMask, plate: Frame): Matte {
  const { width, height } = plate;
  const logits = upsampleLogits(mask, { left: 0, top: 0, right: width, bottom: height });
  const alpha = new Uint16Array(width * height);
  for (let i = 0; i < alpha.length; i++) {
    alpha[i] = Math.round(opaque / (1 + Math.exp(-(logits[i] ?? 0))));
  }
  return { width, height, alpha };
}

function harden(matte: Matte): Matte {
  return { ...matte, alpha: matte.alpha.map((value) => (value >= half ? opaque : 0)) };
}
