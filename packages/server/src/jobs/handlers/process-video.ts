import { type ProcessDeps, processVideo } from '../../services/process-video.ts';
import type { JobHandler } from '../handler.ts';

/** Looks at what was uploaded. */
export function createProcessVideoHandler(deps: ProcessDeps): JobHandler<'process-video'> {
  return ({ videoId }, context) => processVideo(deps, videoId, context);
}
