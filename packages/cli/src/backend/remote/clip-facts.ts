import {
  type FrameRange,
  type ResultClip,
  RotoError,
  type Shot,
  type VideoMetadata,
} from '@roto/sdk/contract';
import type { RemoteClip } from './remote-source.ts';

/** What is known of a clip on the server, in the words of a local run. */
export function clipOf(clip: RemoteClip, startFrame?: number): ResultClip {
  const { width, height, rate, ...sent } = factsOf(clip);
  const { first: firstFrame, last: lastFrame } = clip.whole ?? {
    first: sent.firstFrame,
    last: sent.lastFrame,
  };
  const shift = startFrame === undefined ? 0 : startFrame - firstFrame;
  return {
    path: clip.path,
    width,
    height,
    rate,
    firstFrame: firstFrame + shift,
    lastFrame: lastFrame + shift,
  };
}

/** Frames that a shot works on. */
export function workedRange({ source }: Shot, clip: RemoteClip): FrameRange {
  const { firstFrame: first, lastFrame: last } = clipOf(clip, source.startFrame);
  return source.range ?? { first, last };
}

function factsOf({ video }: RemoteClip): VideoMetadata {
  if (video.video_metadata !== null) return video.video_metadata;
  throw new RotoError('video_not_ready', `The video ${video.id} is not ready yet.`);
}
