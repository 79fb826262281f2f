import { FrameNumber, FrameRate, RotoError, type ShotInput, ShotSource } from '@roto/sdk/contract';
import { z } from 'zod';

/** What is known of a video once it was probed. */
const KnownFacts = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  rate: FrameRate,
  firstFrame: FrameNumber,
  lastFrame: FrameNumber,
  /** Of a sequence: how it is read. */
  source: z
    .object({
      rate: FrameRate.nullable(),
      missingFrames: ShotSource.shape.missingFrames,
      inputColorspace: ShotSource.shape.inputColorspace,
    })
    .optional(),
});

/** What of a video's clip its work depends on. */
export interface ClipFacts {
  readonly width: number;
  readonly height: number;
  readonly rate: FrameRate;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** What a shot's source says of it, but for the path. */
  readonly source: Omit<ShotInput['source'], 'path'>;
}

/** A video as far as its work depends on it. */
export interface WorkableVideo {
  readonly status: string;
  readonly error_message: string | null;
  readonly video_metadata: object | null;
}

/**
 * Size, rate and frames of a video that can be worked on.
 * @throws RotoError `video_not_ready`
 */
export function clipFacts({ status, error_message, video_metadata }: WorkableVideo): ClipFacts {
  const facts = KnownFacts.safeParse(video_metadata);
  if (status === 'ready' && facts.success) return toFacts(facts.data);
  if (status === 'failed') {
    throw new RotoError(
      'video_not_ready',
      `The video cannot be used: ${error_message ?? 'it failed'}`,
    );
  }
  throw new RotoError('video_not_ready', `The video is not ready, it is ${status}.`, {
    hint: 'Ask for it again until its status is ready.',
  });
}

function toFacts({ source, ...facts }: z.infer<typeof KnownFacts>): ClipFacts {
  const { rate, ...reading } = source ?? { rate: null };
  return { ...facts, source: { ...reading, ...(rate === null ? {} : { rate }) } };
}
