import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type FramePrompt, RotoError, type Shot } from '@roto/sdk/contract';
import { quoted } from '../../args/numbers.ts';

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/**
 * The shot with the mask pictures of its prompts inside it, as a server takes them.
 * @throws RotoError `mask_unreadable`
 */
export async function withInlineMasks(shot: Shot, base: string): Promise<Shot> {
  const inline = (prompts: readonly FramePrompt[]) =>
    Promise.all(prompts.map((prompt) => withInlineMask(prompt, base)));
  const objects = await Promise.all(
    shot.objects.map(async (object) => ({
      ...object,
      prompts: await inline(object.prompts),
      locked: await Promise.all(
        object.locked.map(async (lock) => ({ ...lock, prompts: await inline(lock.prompts) })),
      ),
    })),
  );
  return { ...shot, objects };
}

async function withInlineMask(prompt: FramePrompt, base: string): Promise<FramePrompt> {
  if (prompt.mask === undefined || prompt.mask.startsWith('data:')) return prompt;
  const path = resolve(base, prompt.mask);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, 'it cannot be read', cause);
  });
  if (!bytes.subarray(0, 4).equals(pngStart)) throw unreadable(path, 'a server takes PNG only');
  return { ...prompt, mask: `data:image/png;base64,${bytes.toString('base64')}` };
}

function unreadable(path: string, reason: string, cause?: unknown): RotoError {
  return new RotoError('mask_unreadable', `The mask ${quoted(path)} cannot be used: ${reason}.`, {
    param: 'mask',
    ...(cause === undefined ? {} : { cause }),
  });
}
