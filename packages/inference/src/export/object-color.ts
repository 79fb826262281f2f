import { estimateForeground } from '../matte/foreground.ts';
import { premultiply } from '../matte/premultiply.ts';
import type { DeepFrame } from '../media/clip.ts';
import { platePicture } from './plate-picture.ts';
import type { MatteFrame, WriterContext } from './writer.ts';

/** Estimates of plates and mattes still in use: several outputs of one run ask for the same. */
const estimated = new WeakMap<DeepFrame, WeakMap<MatteFrame['matte'], DeepFrame>>();

/** The straight colour of the object of a frame; plate and matte must not change afterwards. */
export function straightColor(frame: MatteFrame, context: WriterContext): DeepFrame {
  const plate = platePicture(frame, context);
  const ofPlate = estimated.get(plate) ?? new WeakMap<MatteFrame['matte'], DeepFrame>();
  estimated.set(plate, ofPlate);
  const known = ofPlate.get(frame.matte);
  if (known !== undefined) return known;
  const color = estimateForeground(plate, frame.matte);
  ofPlate.set(frame.matte, color);
  return color;
}

/** The colour that goes beside alpha: straight, or premultiplied where the context says so. */
export function objectColor(frame: MatteFrame, context: WriterContext): DeepFrame {
  const straight = straightColor(frame, context);
  return context.premultiplied ? premultiply(straight, frame.matte) : straight;
}
