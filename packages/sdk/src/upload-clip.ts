import { openLocalClip } from '#platform/open-local-clip';
import { RotoError } from './contract/errors.ts';
import type { FrameRange } from './contract/frames.ts';
import { pageOf } from './contract/pagination.ts';
import { UploadState } from './contract/uploads.ts';
import { Video } from './contract/videos.ts';
import { ReplyError } from './errors.ts';
import { throwIfAborted } from './internal/abort.ts';
import { hashSource } from './internal/hash-source.ts';
import { path } from './internal/path.ts';
import type { TransferProgress } from './progress.ts';
import type { Transport } from './request.ts';
import { type TusUploadOptions, tusUpload } from './tus-upload.ts';
import { uploadParts } from './upload-parts.ts';
import { type SequenceSettings, uploadSequence } from './upload-sequence.ts';
import { blobSource, streamSource, type UploadSource } from './upload-source.ts';
import type { UploadStore } from './upload-store.ts';

/**
 * A clip to upload: the path of a movie, a folder or a sequence pattern (`plate.####.exr`) where
 * there are files; a `Blob` or `File`; a stream; or anything that is read piece by piece.
 */
export type ClipInput =
  | string
  | Blob
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | UploadSource;

export interface ClipUploadOptions extends SequenceSettings {
  /** What the file of a stream or a Blob is called; its ending says what it is. */
  readonly name?: string | undefined;
  /** Bytes a stream will have, where that is known. */
  readonly sizeBytes?: number | undefined;
  /** Frames of a sequence to send; all there are unless given. */
  readonly range?: FrameRange | undefined;
  /** A sequence of the server to change, instead of a new one: only what changed is sent. */
  readonly video_id?: string | undefined;
  /** Sends a clip even where the account has the very same. */
  readonly again?: boolean | undefined;
  /** Remembers what was begun, so that a later process goes on with it: `folderUploadStore()`. */
  readonly store?: UploadStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Frames or parts sent at a time. 4 unless given. */
  readonly concurrency?: number | undefined;
  /** Tries in a row that bring nothing. The client's number of retries and two unless given. */
  readonly maxRetries?: number | undefined;
}

/** Smaller files go by tus: they have hardly more than one part. */
const smallestInParts = 32 * 1024 * 1024;
const usualConcurrency = 4;

/**
 * Uploads a clip, unless the account has it already.
 * @returns the id of the video, which may be looked at still
 * @throws RotoError `source_not_found`, `source_unreadable`, `invalid_argument`; UploadError; what
 * any call throws
 */
export async function uploadClip(
  transport: Transport,
  input: ClipInput,
  options: ClipUploadOptions = {},
): Promise<string> {
  throwIfAborted(options.signal);
  const { concurrency = usualConcurrency } = options;
  const clip =
    typeof input === 'string'
      ? await openLocalClip(input)
      : { kind: 'movie' as const, source: sourceOf(input, options) };
  if (clip.kind === 'sequence') {
    const { video_id: videoId, again = false, ...rest } = options;
    const find = (sha256: string) => findBySha256(transport, sha256, options.signal);
    const sequence = { ...rest, videoId, concurrency, ...(again ? {} : { find }) };
    return uploadSequence(transport, clip, sequence);
  }
  if (options.video_id !== undefined) {
    throw new RotoError('invalid_argument', 'Expected a sequence to change, but this is a movie.', {
      param: 'video_id',
    });
  }
  return uploadMovie(transport, clip.source, { ...options, concurrency });
}

function sourceOf(
  input: Exclude<ClipInput, string>,
  { name, sizeBytes }: ClipUploadOptions,
): UploadSource {
  if (input instanceof Blob) return blobSource(input, name);
  if ('rereadable' in input) return input;
  if (name === undefined) {
    throw new RotoError('invalid_argument', 'Expected the name of a stream, such as clip.mov.', {
      param: 'name',
    });
  }
  const chunks = input instanceof ReadableStream ? chunksOf(input) : input;
  return streamSource(chunks, { name, sizeBytes });
}

/** Not every browser lets a stream be looped over. */
async function* chunksOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}

interface MovieOptions extends ClipUploadOptions {
  readonly concurrency: number;
}

async function uploadMovie(
  transport: Transport,
  source: UploadSource,
  options: MovieOptions,
): Promise<string> {
  const { signal, onProgress, store, maxRetries, title, again = false } = options;
  const { sizeBytes } = source;
  if (sizeBytes === 0) {
    throw new RotoError('source_unreadable', `${source.name} is empty.`);
  }
  const sha256 = source.rereadable ? await hashed(source, options) : undefined;
  if (sha256 !== undefined && !again) {
    const known = await findBySha256(transport, sha256, signal);
    if (known !== undefined) return known;
  }
  if (sha256 !== undefined && sizeBytes !== undefined && sizeBytes >= smallestInParts) {
    const parts = { ...options, sha256 };
    const videoId = await uploadParts(transport, source, sizeBytes, parts);
    if (videoId !== undefined) return retitled(transport, videoId, options);
  }
  const metadata = title === undefined ? {} : { title };
  const tus: TusUploadOptions = {
    endpoint: '/api/uploads',
    metadata,
    sha256,
    store,
    signal,
    onProgress,
    maxRetries,
  };
  const { headers, url } = await tusUpload(transport, source, tus);
  return headers.get('roto-video-id') ?? (await videoOf(transport, url, signal));
}

function hashed(source: UploadSource, { signal, onProgress }: MovieOptions): Promise<string> {
  const totalBytes = source.sizeBytes;
  return hashSource(source, signal, (loadedBytes) =>
    onProgress?.({ phase: 'hash', loadedBytes, totalBytes }),
  );
}

/** The account's newest video of this file that can be worked on, or will be. */
async function findBySha256(
  transport: Transport,
  sha256: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const query = { sha256, limit: 20 };
  const found = await transport.request(
    { method: 'GET', path: '/api/videos', query, schema: pageOf(Video) },
    { signal },
  );
  return found.data.find(({ status }) => status === 'ready' || status === 'processing')?.id;
}

async function videoOf(
  transport: Transport,
  url: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const id = new URL(url).pathname.split('/').at(-1) ?? '';
  if (id === '') throw new ReplyError('The server does not say what the upload has become.');
  const request = { method: 'GET', path: path`/api/uploads/${id}`, schema: UploadState } as const;
  return (await transport.request(request, { signal })).video_id;
}

/** Parts have a file name only. */
async function retitled(
  transport: Transport,
  videoId: string,
  { title, signal }: MovieOptions,
): Promise<string> {
  if (title === undefined) return videoId;
  const request = { path: path`/api/videos/${videoId}`, body: { title }, schema: Video };
  await transport.request({ method: 'PATCH', ...request }, { signal });
  return videoId;
}
