import { RotoError } from '@roto/sdk/contract';
import type { Frame } from '../../media/clip.ts';
import type { EnginePrompt, MaskPicture } from '../engine.ts';
import { type Click, deepCells, type MaskQuestion } from './decoder-prompts.ts';
import { cellsInPicture, type MaskGrid, positiveCells, resampleGrid } from './mask-grid.ts';
import type { ViewFeatures } from './networks.ts';
import {
  bothMasks,
  boxOfMatte,
  boxWithClicks,
  decodeInRounds,
  gridFromMatte,
  insidePicture,
  likeliestMask,
  meanMask,
} from './seed-mask.ts';
import { encodeKept, lengthUnit, type TrackerTools } from './tracker-tools.ts';
import { type Box, cellCentre, type View, viewForBox, wholeView } from './view.ts';

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
 * alone are asked twice, of the whole picture and then of a view round the answer; a quick prompt is
 * asked of the whole picture only.
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
    const { rules } = tools;
    const view = prompt.quick ? wholeView(frame, rules) : viewForBox(prompt.box, frame, rules);
    return await seedFromBox(tools, frame, { box: prompt.box, clicks, view });
  }
  if (!clicks.some((click) => click.positive)) {
    throw new RotoError(
      'prompt_missing',
      `Expected a positive point, a box or a mask to start from on frame ${frame.number}.`,
      { param: 'points' },
    );
  }
  return await seedFromClicks(tools, frame, { clicks }, prompt.quick ?? false);
}

interface BoxQuestion {
  readonly box: Box;
  readonly clicks: readonly Click[];
  /** Where it is looked. */
  readonly view: View;
}

/** A box and clicks together: the mean of what the clicks say alone and what they say in the box. */
async function seedFromBox(
  tools: TrackerTools,
  frame: Frame,
  { box, clicks, view }: BoxQuestion,
): Promise<SeededMask> {
  const features = await encodeKept(tools, frame, view);
  const inside = cellsInPicture(view, frame);
  if (!clicks.some((click) => click.positive)) {
    const answer = await decodeInRounds(tools, features, view, { clicks, box });
    return { mask: insidePicture(answer, inside), features };
  }
  const byClicks = await decodeInRounds(tools, features, view, { clicks });
  const boxed = await decodeInRounds(tools, features, view, { clicks, box }, { pick: bothMasks });
  return { mask: insidePicture(meanMask(byClicks, boxed), inside), features };
}

async function seedFromClicks(
  tools: TrackerTools,
  frame: Frame,
  question: MaskQuestion,
  quick: boolean,
): Promise<SeededMask> {
  const whole = wholeView(frame, tools.rules);
  const features = await encodeKept(tools, frame, whole);
  // One click leaves open how much is meant; the likeliest of the decoder's three readings is taken.
  const lone = question.clicks.length === 1;
  const answer = await decodeInRounds(
    tools,
    features,
    whole,
    question,
    lone ? { pick: likeliestMask, rounds: 1 } : {},
  );
  const first = insidePicture(answer, cellsInPicture(whole, frame));
  const box = quick ? undefined : boxWithClicks(first, question);
  if (box === undefined) {
    return { mask: first, features };
  }
  const view = viewForBox(box, frame, tools.rules);
  const mask = resampleGrid(first, view);
  const closer = {
    clicks: lone
      ? [...question.clicks, ...clicksInside(mask, lengthUnit(tools.rules))]
      : question.clicks,
    mask: mask.logits,
  };
  const near = await encodeKept(tools, frame, view);
  const refined = await decodeInRounds(tools, near, view, closer);
  return { mask: insidePicture(refined, cellsInPicture(view, frame)), features: near };
}

/** Clicks deep inside a mask, so that a closer look means the same object. */
function clicksInside(mask: MaskGrid, unit: number): Click[] {
  const cells = deepCells(positiveCells(mask), mask.width, mask.height, 3, unit);
  return cells.map((cell) => ({ ...cellCentre(mask.view, cell), positive: true }));
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
  const features = await encodeKept(tools, frame, view);
  return { mask: gridFromMatte(matte.data, frame, view), features };
}
