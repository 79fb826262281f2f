import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import {
  ArrivedParts,
  PartUploadBegun,
  type PartUploadParams,
  PartUrls,
  SequenceFrame,
  type SequenceUploadParams,
  UploadState,
} from '../contract/uploads.ts';
import type { RequestBody } from '../fetch.ts';
import { path } from '../internal/path.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { Nothing } from './nothing.ts';

/** One frame to send. */
export interface FrameContent {
  /** Bytes of the file, or a stream of them, which is sent once: then nothing is tried again. */
  readonly body: RequestBody;
  /** Hex SHA-256 of it. */
  readonly sha256: string;
}

/**
 * Uploads piece by piece. `roto.videos.upload` does all of it in one call.
 *
 * @example
 * const upload = await roto.uploads.beginSequence({ format: 'png', title: 'plate' });
 * for await (const { frame, sha256 } of roto.uploads.frames(upload.id)) console.log(frame, sha256);
 * await roto.uploads.abort(upload.id);
 */
export class Uploads {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** How far an upload is. */
  get(id: string, options?: RequestOptions): ApiPromise<UploadState> {
    const spec = { path: path`/api/uploads/${id}`, schema: UploadState };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }

  /** Gives an upload up: what has arrived goes, and the video where it was never there. */
  abort(id: string, options?: RequestOptions): ApiPromise<void> {
    const spec = { path: path`/api/uploads/${id}`, schema: Nothing };
    return this.#transport.request({ method: 'DELETE', ...spec }, options);
  }

  /** Begins to send the frames of a sequence, or changes to one. */
  beginSequence(
    body: z.input<typeof SequenceUploadParams>,
    options?: RequestOptions,
  ): ApiPromise<UploadState> {
    const spec = { path: '/api/uploads/sequences', body, schema: UploadState };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Frames that are there, by rising number. */
  frames(
    id: string,
    params: ListParams = {},
    options?: RequestOptions,
  ): ListPromise<SequenceFrame> {
    const at = path`/api/uploads/sequences/${id}/frames`;
    const spec = { path: at, query: { ...params }, item: SequenceFrame };
    return list(this.#transport, spec, options);
  }

  /** Sends one frame, in any order and several at a time. One that is there is replaced. */
  putFrame(
    id: string,
    frame: number,
    { body: raw, sha256 }: FrameContent,
    options?: RequestOptions,
  ): ApiPromise<SequenceFrame> {
    const at = path`/api/uploads/sequences/${id}/frames/${frame}`;
    const headers = { 'x-content-sha256': sha256, 'content-type': 'application/octet-stream' };
    const spec = { path: at, raw, headers, schema: SequenceFrame };
    return this.#transport.request({ method: 'PUT', ...spec }, options);
  }

  /** Takes a frame out of a sequence. */
  removeFrame(id: string, frame: number, options?: RequestOptions): ApiPromise<void> {
    const at = path`/api/uploads/sequences/${id}/frames/${frame}`;
    return this.#transport.request({ method: 'DELETE', path: at, schema: Nothing }, options);
  }

  /** Says that all frames are there, and how many that are: the sequence is looked at next. */
  completeSequence(
    id: string,
    body: { readonly frames: number },
    options?: RequestOptions,
  ): ApiPromise<UploadState> {
    const at = path`/api/uploads/sequences/${id}/complete`;
    return this.#transport.request(
      { method: 'POST', path: at, body, schema: UploadState },
      options,
    );
  }

  /**
   * Begins an upload whose parts go to the store itself.
   * @throws ApiError `unavailable` where the service keeps files in a folder
   */
  beginParts(body: PartUploadParams, options?: RequestOptions): ApiPromise<PartUploadBegun> {
    const spec = { path: '/api/uploads/s3', body, schema: PartUploadBegun };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** Where parts are PUT to, without any other header; up to 100 at a time. */
  partUrls(
    id: string,
    body: { readonly part_numbers: number[] },
    options?: RequestOptions,
  ): ApiPromise<PartUrls> {
    const at = path`/api/uploads/s3/${id}/part-urls`;
    return this.#transport.request({ method: 'POST', path: at, body, schema: PartUrls }, options);
  }

  /** Parts the store has. */
  parts(id: string, options?: RequestOptions): ApiPromise<z.output<typeof ArrivedParts>> {
    const at = path`/api/uploads/s3/${id}/parts`;
    return this.#transport.request({ method: 'GET', path: at, schema: ArrivedParts }, options);
  }

  /** Makes the video of the parts: it is looked at next. */
  completeParts(id: string, options?: RequestOptions): ApiPromise<UploadState> {
    const at = path`/api/uploads/s3/${id}/complete`;
    return this.#transport.request({ method: 'POST', path: at, schema: UploadState }, options);
  }
}
