import type { MaskPicture } from '../engine.ts';
import type { ChosenMask } from './choose-mask.ts';
import { answerOf } from './network-answer.ts';
import type { FrameFeatures, Sam2Networks } from './networks.ts';
import { resizeSmoothly } from './resize-smoothly.ts';

/** Logits of what a given mask says is object, and of what it says is not. */
const givenLogit = 10;

/**
 * A given matte as the object's mask on its frame: taken as it is, at the decoder's resolution. The
 * decoder only makes the pointer of it.
 */
export async function adoptMask(
  networks: Sam2Networks,
  features: FrameFeatures,
  picture: MaskPicture,
): Promise<ChosenMask> {
  const { inputSize, vectors } = networks;
  const square = squareMask(picture, inputSize);
  const prompt = { points: [], mask: await networks.shrinkMask(square) };
  const decoded = answerOf(await networks.decode(features, features.image, [prompt]));
  const given = square.includes(1);
  const seen = given && decoded.score > 0;
  return {
    mask: lowMask(square, inputSize),
    pointer: seen ? answerOf(decoded.pointers) : vectors.noObjectPointer,
    score: given ? givenLogit : -givenLogit,
  };
}

/** 0 or 1 for each pixel of the square. */
function squareMask({ width, height, data }: MaskPicture, side: number): Float32Array {
  const values = Float32Array.from(data, (value) => value / 255);
  const resized = resizeSmoothly({ width, height, values }, side, side).values;
  return resized.map((value) => (value >= 0.5 ? 1 : 0));
}

function lowMask(square: Float32Array, side: number): Float32Array {
  const values = square.map((value) => (2 * value - 1) * givenLogit);
  return resizeSmoothly({ width: side, height: side, values }, side / 4, side / 4).values;
}
