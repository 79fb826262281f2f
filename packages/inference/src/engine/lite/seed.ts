import { RotoError } from '@roto/sdk/contract';
import type { Frame } from '../../media/clip.ts';
import type { EnginePrompt, MaskPicture } from '../engine.ts';
import type { Click, MaskQuestion } from './decoder-prompts.ts';
import { cellsInPicture, type MaskGrid, resampleGrid } from './mask-grid.ts';
import type { ViewFeatures } from './networks.ts';
import {
  boxOfMatte,
  boxWithClicks,
  decodeInRounds,
  gridFromMatte,
  insidePicture,
} from './seed-mask.ts';
import { encodeView, type TrackerTools } from './tracker-tools.ts';
import { viewForBox, wholeView } from './view.ts';

/** The mask a prompt asks for, with the features of its view. */
export interface SeededMask {
  readonly mask: MaskGrid;
  readonly features: ViewFeatures;
}

/** The clicks of a prompt, as questions take them. */
export function clicksOf(prompt: EnginePrompt): Click[] {
  return prompt.points.map(({ x, y, label }) => ({ x, y, positive: label === 'positive' }));
}

/**
 * The mask of a key: a given matte as it is, else what the decoder makes of box and clicks. Clicks
 * alone are asked twice, of the whole picture and then of a view round the answer.
 * @throws RotoError `prompt_missing` without a positive point, box or mask; `mask_unreadable` when
 * the matte is empty or of another size than the picture.
 */
export async function seedMask(
  tools: TrackerTools,
  frame: Frame,
  prompt: EnginePrompt,
): Promise<SeededMask> {
  if (prompt.mask !== undefined) {
    return await seedFromMatte(tools, frame, prompt.mask);
  }
  const clicks = clicksOf(prompt);
  if (prompt.box !== undefined) {
    const view = viewForBox(prompt.box, frame, tools.rules);
    const features = await encodeView(tools, frame, view);
    return await askView(tools, frame, features, { clicks, box: prompt.box }, view);
  }
  if (!clicks.some((click) => click.positive)) {
    throw new RotoError(
      'prompt_missing',
      `Expected a positive point, a box or a mask to start from on frame ${frame.number}.`,
      { param: 'points' },
    );
  }
  return await seedFromClicks(tools, frame, { clicks });
}

async function askView(
  tools: TrackerTools,
  frame: Frame,
  features: ViewFeatures,
  question: MaskQuestion,
  view: MaskGrid['view'],
): Promise<SeededMask> {
  const answer = await decodeInRounds(tools, features, view, question);
  return { mask: insidePicture(answer, cellsInPicture(view, frame)), features };
}

async function seedFromClicks(
  tools: TrackerTools,
  frame: Frame,
  question: MaskQuestion,
): Promise<SeededMask> {
  const whole = wholeView(frame, tools.rules);
  const first = await askView(tools, frame, await encodeView(tools, frame, whole), question, whole);
  const box = boxWithClicks(first.mask, question);
  if (box === undefined) {
    return first;
  }
  const view = viewForBox(box, frame, tools.rules);
  const features = await encodeView(tools, frame, view);
  const closer = { ...question, mask: resampleGrid(first.mask, view).logits };
  return await askView(tools, frame, features, closer, view);
}

async function seedFromMatte(
  tools: TrackerTools,
  frame: Frame,
  matte: MaskPicture,
): Promise<SeededMask> {
  if (matte.width !== frame.width || matte.height !== frame.height) {
    throw new RotoError(
      'mask_unreadable',
      `Expected a mask of ${frame.width}x${frame.height} pixels, the picture's size, but got ${matte.width}x${matte.height}.`,
      { param: 'mask' },
    );
  }
  const box = boxOfMatte(matte.data, frame);
  if (box === undefined) {
    throw new RotoError(
      'mask_unreadable',
      `Expected a mask with object pixels on frame ${frame.number}, but no pixel is above 127.`,
      { param: 'mask', hint: 'White is the object, black the background.' },
    );
  }
  const view = viewForBox(box, frame, tools.rules);
  const features = await encodeView(tools, frame, view);
  return { mask: gridFromMatte(matte.data, frame, view), features };
}
