import { relative, sep } from 'node:path';
import type { Result } from '@roto/sdk/contract';

/**
 * What a run said of itself, for those who have not the worker's folders: the clip by the id of its
 * video, files as they lie below the output folder, with `/`.
 */
export function portableReport(
  result: Result,
  { video, out }: { readonly video: string; readonly out: string },
): Result {
  return {
    ...result,
    clip: { ...result.clip, path: video },
    outputs: result.outputs.map((output) => ({
      ...output,
      path: relative(out, output.path).split(sep).join('/'),
    })),
  };
}
