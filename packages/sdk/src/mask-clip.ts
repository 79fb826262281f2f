import { idOf } from './contract/ids.ts';
import type { TaskEvent } from './contract/tasks.ts';
import type { Video } from './contract/videos.ts';
import type { DownloadedResult, FilesProgress } from './download-results.ts';
import type { TransferProgress } from './progress.ts';
import type { MaskParams, Masks } from './resources/masks.ts';
import type { Videos } from './resources/videos.ts';
import type { TaskHandle } from './task-handle.ts';
import type { ClipInput, ClipUploadOptions } from './upload-clip.ts';

/** How far `roto.mask` is: its steps come in this order. */
export type MaskClipProgress =
  | { readonly step: 'upload'; readonly transfer: TransferProgress }
  | { readonly step: 'prepare'; readonly video: Video }
  | { readonly step: 'task'; readonly task: TaskHandle; readonly event: TaskEvent }
  | { readonly step: 'download'; readonly files: FilesProgress };

/** What is asked for, as of `roto.masks.create`, and where it goes. */
export interface MaskClipOptions extends Omit<MaskParams, 'video_id'> {
  /** Folder for the files; nothing is downloaded unless given. */
  readonly to?: string | undefined;
  /** Whether files that are there are replaced. */
  readonly overwrite?: boolean | undefined;
  /** How the clip is uploaded: its title, its frames, where that is remembered. */
  readonly upload?: Omit<ClipUploadOptions, 'signal' | 'onProgress'> | undefined;
  /** Stops everything; a task that was begun is cancelled. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds the task may take; it goes on after that. No limit unless given. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: MaskClipProgress) => void) | undefined;
}

/** What came of it. */
export interface MaskedClip {
  readonly video: Video;
  readonly task: TaskHandle;
  /** Files on this machine; none without `to`. */
  readonly files: readonly DownloadedResult[];
}

/** Milliseconds that a cancellation may take when everything is stopped. */
const cancelMs = 5_000;

/** The whole way: see `Roto.mask`. */
export async function maskClip(
  { videos, masks }: { readonly videos: Videos; readonly masks: Masks },
  clip: ClipInput,
  options: MaskClipOptions,
): Promise<MaskedClip> {
  const { to, overwrite, upload, signal, timeoutMs, onProgress, ...asked } = options;
  const id = isVideoId(clip)
    ? clip
    : (
        await videos.upload(clip, {
          ...upload,
          signal,
          onProgress: (transfer) => onProgress?.({ step: 'upload', transfer }),
        })
      ).id;
  const video = await videos.wait(id, {
    signal,
    onProgress: (looked) => onProgress?.({ step: 'prepare', video: looked }),
  });
  const task = await masks.create({ ...asked, video_id: id }, { signal });
  await completed(task, options);
  if (to === undefined) return { video, task, files: [] };
  const files = await task.download(to, {
    signal,
    overwrite,
    onProgress: (progress) => onProgress?.({ step: 'download', files: progress }),
  });
  return { video, task, files };
}

function isVideoId(clip: ClipInput): clip is string {
  return typeof clip === 'string' && idOf('video').safeParse(clip).success;
}

async function completed(
  task: TaskHandle,
  { signal, timeoutMs, onProgress }: MaskClipOptions,
): Promise<void> {
  try {
    await task.wait({
      signal,
      timeoutMs,
      onProgress: (event) => onProgress?.({ step: 'task', task, event }),
    });
  } catch (error) {
    // Nobody waits for it any more, and it would be charged. That it has ended meanwhile is as well.
    if (signal?.aborted) await task.cancel({ timeoutMs: cancelMs, maxRetries: 0 }).catch(() => {});
    throw error;
  }
}
