import { PromptPoint, RotoError } from '@roto/sdk/contract';
import { z } from 'zod';
import type { EnginePrompt } from '../engine/engine.ts';
import type { ClipInfo } from '../media/clip.ts';
import { checkBox, checkFrame, checkMask, checkPoint } from '../shot/resolve-prompts.ts';
import type { AddPrompt } from './session.ts';

const ObjectSaid = z.object({ id: z.int(), name: z.string().optional() });

/**
 * Checks a prompt against the clip and adds it to what was said of the frame before: points are
 * added, a box or a mask takes the place of the one before.
 * @throws RotoError `frame_out_of_range`, `prompt_outside_picture`, `prompt_missing`,
 *   `mask_unreadable`, `invalid_argument`
 */
export function checkedPrompt(
  prompt: AddPrompt,
  before: EnginePrompt | undefined,
  clip: ClipInfo,
): EnginePrompt {
  parsed(ObjectSaid, prompt.object, 'object');
  checkFrame(prompt.frame, clip, 'a prompt');
  const points = parsed(z.array(PromptPoint), prompt.points ?? [], 'points');
  if (points.length === 0 && prompt.box === undefined && prompt.mask === undefined) {
    throw new RotoError('prompt_missing', 'Expected a point, a box or a mask but none came.');
  }
  for (const point of points) checkPoint(point, clip);
  if (prompt.mask !== undefined) checkMask(prompt.mask, clip, 'the mask given');
  const box = prompt.box === undefined ? before?.box : checkBox(prompt.box, clip);
  const mask = prompt.mask ?? before?.mask;
  const correction = prompt.correction ?? before?.correction;
  return {
    points: [...(before?.points ?? []), ...points],
    ...(box === undefined ? {} : { box }),
    ...(mask === undefined ? {} : { mask }),
    ...(prompt.quick ? { quick: true } : {}),
    ...(mask === undefined && correction === true ? { correction } : {}),
  };
}

/**
 * What a caller gave, checked by a schema of the contract and with its defaults.
 * @throws RotoError `invalid_argument` that names the first wrong field
 */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, param: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = [param, ...(issue?.path ?? [])].join('.');
  throw new RotoError('invalid_argument', `${field}: ${issue?.message ?? 'not as expected'}`, {
    param: field,
    cause: result.error,
  });
}
