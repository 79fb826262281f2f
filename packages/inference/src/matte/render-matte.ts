import type { ShotMatte } from '@roto/sdk/contract';
import type { ObjectMask } from '../engine/engine.ts';
import type { Frame } from '../media/clip.ts';
import { emptyMatte, half, type Matte, opaque } from './alpha.ts';
import { choke } from './choke.ts';
import { despeckle } from './despeckle.ts';
import { feather } from './feather.ts';
import { fillHoles } from './fill-holes.ts';
import { drawSoftEdge } from './soft-edge.ts';

/**
 * The matte of one object on one frame: the engine's grid brought to the plate's size with a soft
 * edge, then despeckle, fill holes, choke and feather in that order. `edge: 'hard'` gives 0 or
 * 65535 alone. Settings left out do nothing. An object that is not there (no mask, or a score of .5 or less) is an empty matte.
 */
export function renderMatte(
  mask: ObjectMask | undefined,
  plate: Frame,
  settings: Partial<ShotMatte> = {},
): Matte {
  if (mask === undefined || mask.score <= 0.5) return emptyMatte(plate.width, plate.height);
  let matte = drawSoftEdge(mask, plate);
  matte = despeckle(matte, settings.despeckle ?? 0);
  matte = fillHoles(matte, settings.fillHoles ?? 0);
  matte = choke(matte, settings.choke ?? 0);
  matte = feather(matte, settings.feather ?? 0);
  return settings.edge === 'hard' ? harden(matte) : matte;
}

function harden(matte: Matte): Matte {
  return { ...matte, alpha: matte.alpha.map((value) => (value >= half ? opaque : 0)) };
}
