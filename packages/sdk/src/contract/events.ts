import { z } from 'zod';
import { ErrorDocument } from './error-document.ts';
import { FrameNumber } from './frames.ts';
import { Result, ResultClip, ResultWarning } from './result.ts';

export const StartEvent = z.object({
  event: z.literal('start'),
  clip: ResultClip,
  engine: z.string(),
  model: z.object({ id: z.string(), sha256: z.string() }),
  device: z.string(),
  /** The track in the cache that the run makes or reads. */
  track: z.string().optional(),
  objects: z.array(z.object({ id: z.int(), name: z.string() })),
});

/**
 * Progress of one stage: `done` rises to `total` and `total` does not change within a stage. The
 * export follows the tracking, so events of both may alternate. On a server there are more stages:
 * `upload`, then `queue`, whose `total` is how many tasks come before, `fetch` and `store` at the
 * worker, and `download`; but for the queue they are in bytes.
 */
export const ProgressEvent = z.object({
  event: z.literal('progress'),
  stage: z.enum(['upload', 'queue', 'fetch', 'track', 'export', 'store', 'download']),
  done: z.int().nonnegative(),
  total: z.int().nonnegative(),
  /** The frame just finished. */
  frame: FrameNumber.optional(),
  /** Scores of the objects on that frame, by object id; in the export those from the cache too. */
  scores: z.record(z.string(), z.number()).optional(),
  /** Frames that came from the cache, of those done. */
  reused: z.int().nonnegative().optional(),
  framesPerSecond: z.number().nonnegative().optional(),
  /** Of an upload or a download. */
  bytesPerSecond: z.number().nonnegative().optional(),
  secondsLeft: z.number().nonnegative().optional(),
});
export type ProgressEvent = z.infer<typeof ProgressEvent>;

export const WarningEvent = z.object({ event: z.literal('warning'), warning: ResultWarning });
export const ResultEvent = z.object({ event: z.literal('result'), result: Result });
export const ErrorEvent = z.object({ event: z.literal('error'), error: ErrorDocument.shape.error });

/** One line of `--json-stream`, told apart by `event`. */
export const RunEvent = z.discriminatedUnion('event', [
  StartEvent,
  ProgressEvent,
  WarningEvent,
  ResultEvent,
  ErrorEvent,
]);
export type RunEvent = z.infer<typeof RunEvent>;
