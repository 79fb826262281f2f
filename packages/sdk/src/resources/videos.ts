import type { z } from 'zod';
import { downloadFile } from '#platform/download-file';
import type { ApiPromise } from '../api-promise.ts';
import { RotoError } from '../contract/errors.ts';
import { type UpdateVideoParams, Video, type VideoStatus, VideoUrls } from '../contract/videos.ts';
import type { DownloadOptions } from '../download.ts';
import { path } from '../internal/path.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { type ClipInput, type ClipUploadOptions, uploadClip } from '../upload-clip.ts';
import { type VideoWaitOptions, waitForVideo } from '../video-wait.ts';
import { Nothing } from './nothing.ts';

/** Which videos a list has. */
export interface VideoListParams extends ListParams {
  readonly status?: VideoStatus | undefined;
  /** Only movies whose file, or sequences whose frames have this hex SHA-256. */
  readonly sha256?: string | undefined;
}

/**
 * Clips of the account: movies, and numbered sequences.
 *
 * @example
 * const video = await roto.videos.upload('clip.mp4', { title: 'Plate 10' });
 * const { video_metadata } = await roto.videos.wait(video.id);
 * for await (const { id, title } of roto.videos.list({ status: 'ready' })) console.log(id, title);
 */
export class Videos {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Videos, newest first. */
  list(params: VideoListParams = {}, options?: RequestOptions): ListPromise<Video> {
    return list(
      this.#transport,
      { path: '/api/videos', query: { ...params }, item: Video },
      options,
    );
  }

  /** One video. */
  get(id: string, options?: RequestOptions): ApiPromise<Video> {
    const spec = { path: path`/api/videos/${id}`, schema: Video };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Changes what a video is called, or its clicks; what is left out stays. */
  update(
    id: string,
    body: z.input<typeof UpdateVideoParams>,
    options?: RequestOptions,
  ): ApiPromise<Video> {
    const spec = { path: path`/api/videos/${id}`, body, schema: Video };
    return this.#transport.request({ method: 'PATCH', ...spec }, options);
  }

  /** Deletes a video with its files, and cancels its tasks. */
  delete(id: string, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: path`/api/videos/${id}`, schema: Nothing };
    return this.#transport.request({ method: 'DELETE', ...spec }, options);
  }

  /** New addresses of a video's files. */
  refreshUrls(id: string, options?: RequestOptions): ApiPromise<VideoUrls> {
    const spec = { path: path`/api/videos/${id}/refresh-url`, schema: VideoUrls };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Has the rendition made that plays forwards and then backwards. */
  makeForwardReverse(id: string, options?: RequestOptions): ApiPromise<Video> {
    const spec = { path: path`/api/videos/${id}/forward-reverse`, schema: Video };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /**
   * Uploads a clip: a movie by tus, or in parts to the server's store where it has one, a sequence
   * frame by frame. What is read is read piece by piece; connections that break are gone on with,
   * and with a `store` so is an upload that a process did not live to end. A clip that the account
   * has already, by its SHA-256, is not sent again; of a sequence that the server has begun to take,
   * or that `video_id` names, only frames that are missing or changed are.
   *
   * @returns the video, which is looked at next: see `wait`
   * @throws RotoError `source_not_found`, `source_unreadable`; UploadError; what any call throws
   * @example
   * const plate = await roto.videos.upload(file, { store: memoryUploadStore() });
   */
  async upload(input: ClipInput, options: ClipUploadOptions = {}): Promise<Video> {
    const id = await uploadClip(this.#transport, input, options);
    return this.get(id, { signal: options.signal });
  }

  /**
   * Waits until a video is ready to be worked on.
   * @throws VideoFailedError where it cannot be read; TimeoutError, AbortError; what any call throws
   */
  wait(id: string, options: VideoWaitOptions = {}): Promise<Video> {
    return waitForVideo(this.#transport, id, options);
  }

  /**
   * Downloads the file of a movie as it was uploaded.
   * @throws RotoError `not_found` where there is none, as of a sequence; what `task.download` throws
   */
  async download(id: string, file: string, options: DownloadOptions = {}): Promise<void> {
    const { size_bytes, sha256 } = await this.get(id, { signal: options.signal });
    const url = async (): Promise<string> => {
      const { original_url } = await this.refreshUrls(id, { signal: options.signal });
      if (original_url !== null) return original_url;
      throw new RotoError(
        'not_found',
        'The video has no file of its own: it is a sequence, or not here yet.',
      );
    };
    const source = { url, sizeBytes: size_bytes, ...(sha256 === null ? {} : { sha256 }) };
    await downloadFile(this.#transport, source, file, options);
  }
}
