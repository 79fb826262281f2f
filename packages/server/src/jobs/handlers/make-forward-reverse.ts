import { makeForwardReverse, type ProcessDeps } from '../../services/process-video.ts';
import type { JobHandler } from '../handler.ts';

/** Makes the rendition that plays forwards and then backwards. */
export function createMakeForwardReverseHandler(
  deps: ProcessDeps,
): JobHandler<'make-forward-reverse'> {
  return ({ videoId }, context) => makeForwardReverse(deps, videoId, context);
}
