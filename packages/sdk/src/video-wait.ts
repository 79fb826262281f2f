import { Video } from './contract/videos.ts';
import { TimeoutError, VideoFailedError } from './errors.ts';
import { deadline, throwIfAborted } from './internal/abort.ts';
import { path } from './internal/path.ts';
import { retryAfterMs } from './internal/retry-after.ts';
import { sleep } from './internal/sleep.ts';
import type { Transport } from './request.ts';

export interface VideoWaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the wait is over. No limit unless given. */
  readonly timeoutMs?: number | undefined;
  /** Told how the video is whenever it is looked at. */
  readonly onProgress?: ((video: Video) => void) | undefined;
}

const firstPaceMs = 250;
const longestPaceMs = 5_000;

/**
 * Waits until a video is ready, by looking at it as often as the server asks for, or less and less
 * often.
 * @throws VideoFailedError, TimeoutError, AbortError; what any call throws
 */
export async function waitForVideo(
  transport: Transport,
  id: string,
  { signal, timeoutMs = Number.POSITIVE_INFINITY, onProgress }: VideoWaitOptions,
): Promise<Video> {
  throwIfAborted(signal);
  const watch = deadline(timeoutMs, signal);
  const request = { method: 'GET', path: path`/api/videos/${id}`, schema: Video } as const;
  try {
    for (let paceMs = firstPaceMs; ; paceMs = Math.min(paceMs * 1.5, longestPaceMs)) {
      const call = transport.request(request, { signal: watch.signal });
      const { data: video, headers } = await call.withResponse();
      onProgress?.(video);
      if (video.status === 'ready') return video;
      if (video.status === 'failed') throw new VideoFailedError(video);
      await sleep(retryAfterMs(headers) ?? paceMs, watch.signal);
    }
  } catch (error) {
    if (!watch.expired || signal?.aborted) throw error;
    throw new TimeoutError(`The video ${id} is not ready after ${timeoutMs} ms.`, {
      hint: 'Wait for it again: it is looked at still.',
    });
  } finally {
    watch.clear();
  }
}
