import type { ShotMatte } from '@roto/sdk/contract';
import type { Picture } from '../picture/picture.ts';
import type { PickMask } from './pick-session.ts';

type Inference = typeof import('@roto/inference');
type RenderMatte = Inference['renderMatte'];
type ObjectMask = NonNullable<Parameters<RenderMatte>[0]>;

/** What a mask on a screen is made of. */
export interface ScreenMask {
  readonly mask: ObjectMask;
  /** The frame as it is shown. */
  readonly plate: Picture & { readonly number: number };
  /** The size that the mask is meant for. */
  readonly clip: { readonly width: number; readonly height: number };
  /** In pixels of the clip. */
  readonly matte: ShotMatte;
}

/** A mask with its soft edge at the size in which the frame is shown. */
export function screenMask(
  render: RenderMatte,
  { mask, plate, clip, matte }: ScreenMask,
): PickMask {
  const scaleX = plate.width / clip.width;
  const scaleY = plate.height / clip.height;
  const { x, y, width, height } = mask.region;
  const region = {
    x: x * scaleX,
    y: y * scaleY,
    width: width * scaleX,
    height: height * scaleY,
  };
  const { alpha } = render({ ...mask, region }, plate, scaledMatte(matte, scaleX));
  const data = Uint8Array.from(alpha, (value) => Math.round(value / 257));
  return {
    score: mask.score,
    present: mask.score > 0.5,
    matte: { width: plate.width, height: plate.height, data },
  };
}

/** Lengths shrink with the picture, areas with its square. */
function scaledMatte(matte: ShotMatte, scale: number): ShotMatte {
  return {
    despeckle: Math.round(matte.despeckle * scale ** 2),
    fillHoles: Math.round(matte.fillHoles * scale ** 2),
    choke: matte.choke * scale,
    feather: matte.feather * scale,
    edge: matte.edge,
  };
}
