import type { FramePrompt, ShotObject } from '@roto/sdk/contract';

/**
 * What the mask of an object on a frame comes from, as text: equal keys, equal masks. Undefined
 * where nothing leads to a mask. Sent to pages as it is, so it stands alone.
 */
export function maskKey(
  objects: readonly Pick<ShotObject, 'id' | 'prompts'>[],
  object: number,
  frame: number,
): string | undefined {
  const prompts = objects.find(({ id }) => id === object)?.prompts ?? [];
  if (!prompts.some(isKey)) return undefined;
  const said = prompts.find((prompt) => prompt.frame === frame);
  if (said !== undefined && isKey(said)) return JSON.stringify({ object, said });
  // Where other objects are prompted is where engines may begin to track this one.
  const others = objects.map((each) => each.prompts.map((prompt) => prompt.frame));
  return JSON.stringify({ object, frame, prompts, others });
}

/** Whether a prompt says by itself what the object is; others correct what was tracked. */
export function isKey({ points, box, mask, correction }: FramePrompt): boolean {
  if (correction === true) return false;
  return (
    box !== undefined || mask !== undefined || points.some((point) => point.label === 'positive')
  );
}
