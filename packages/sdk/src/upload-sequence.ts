import type { z } from 'zod';
import { fileSource } from '#platform/file-source';
import { createSha256 } from '#platform/sha256';
import { RotoError } from './contract/errors.ts';
import type { FrameRange } from './contract/frames.ts';
import { sequenceDigestHead, sequenceDigestLine } from './contract/sequence-digest.ts';
import { SequenceUploadParams } from './contract/uploads.ts';
import { ApiError } from './errors.ts';
import { hashSource } from './internal/hash-source.ts';
import { inParallel } from './internal/in-parallel.ts';
import { uploadKey } from './internal/upload-key.ts';
import type { LocalClip, LocalFrame } from './local-clip.ts';
import type { TransferProgress } from './progress.ts';
import type { Transport } from './request.ts';
import { Uploads } from './resources/uploads.ts';
import { withRetries } from './retry.ts';
import type { UploadSource } from './upload-source.ts';
import type { UploadStore } from './upload-store.ts';

/** A sequence on this machine. */
type LocalSequence = Extract<LocalClip, { kind: 'sequence' }>;

/** How its frames are read, and which. */
export type SequenceSettings = Pick<
  z.input<typeof SequenceUploadParams>,
  'title' | 'rate' | 'missing_frames' | 'input_colorspace'
>;

export interface SequenceUploadOptions extends SequenceSettings {
  /** Frames to send; all there are unless given. */
  readonly range?: FrameRange | undefined;
  /** A sequence of the server to change: frames it has with the same SHA-256 are not sent again. */
  readonly videoId?: string | undefined;
  /** Gives the video that is this very sequence, if there is one: it is not sent then. */
  readonly find?: ((sha256: string) => Promise<string | undefined>) | undefined;
  readonly store?: UploadStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Frames read and sent at a time. */
  readonly concurrency: number;
  readonly maxRetries?: number | undefined;
}

/** A frame with what is known of it once it was read. */
interface HashedFrame extends LocalFrame {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Larger frames are sent as streams, and never lie in memory whole. */
const largestInMemory = 8 * 1024 * 1024;
const streamPiece = 1024 * 1024;
/** Frames a page of those that are there has at most. */
const framePage = 1000;

/**
 * Sends the frames of a sequence, several at a time and those alone that the server does not have;
 * a later call goes on where this one stopped.
 * @returns the video's id
 * @throws RotoError `source_not_found`, `source_unreadable`; what any call throws
 */
export async function uploadSequence(
  transport: Transport,
  clip: LocalSequence,
  options: SequenceUploadOptions,
): Promise<string> {
  const uploads = new Uploads(transport);
  const frames = await hashFrames(framesWithin(clip, options.range), options);
  const sha256 = digestOf(frames, options);
  const known = options.videoId === undefined ? await options.find?.(sha256) : undefined;
  if (known !== undefined) return known;
  const key = uploadKey('sequence', transport.baseUrl, options.videoId, sha256);
  const job: Job = { transport, uploads, clip, frames, options, key };
  const begun = (await resume(job)) ?? (await begin(job));
  await sendMissing(job, begun.id);
  const call = { signal: options.signal, maxRetries: options.maxRetries };
  await uploads.completeSequence(begun.id, { frames: frames.length }, call);
  await options.store?.delete(key);
  return begun.videoId;
}

interface Job {
  readonly transport: Transport;
  readonly uploads: Uploads;
  readonly clip: LocalSequence;
  readonly frames: readonly HashedFrame[];
  readonly options: SequenceUploadOptions;
  readonly key: string;
}

interface Begun {
  readonly id: string;
  readonly videoId: string;
}

function framesWithin(
  { frames, name }: LocalSequence,
  range: FrameRange | undefined,
): readonly LocalFrame[] {
  if (range === undefined) return frames;
  const within = frames.filter(({ frame }) => range.first <= frame && frame <= range.last);
  if (within.length > 0) return within;
  const message = `${name} has no frame from ${range.first} to ${range.last}.`;
  throw new RotoError('frame_out_of_range', message, { param: 'range' });
}

async function hashFrames(
  frames: readonly LocalFrame[],
  { signal, concurrency: limit, onProgress }: SequenceUploadOptions,
): Promise<HashedFrame[]> {
  const hashed: HashedFrame[] = [];
  let loadedBytes = 0;
  const places = frames.map((frame, index) => ({ ...frame, index }));
  await inParallel(places, { limit, signal }, async ({ index, frame, path }, stop) => {
    const source = await fileSource(path);
    const sha256 = await hashSource(source, stop);
    const sizeBytes = source.sizeBytes ?? 0;
    hashed[index] = { frame, path, sizeBytes, sha256 };
    loadedBytes += sizeBytes;
    onProgress?.({ phase: 'hash', loadedBytes, totalBytes: undefined });
  });
  return hashed;
}

function digestOf(
  frames: readonly HashedFrame[],
  { rate, missing_frames = 'error', input_colorspace = 'auto' }: SequenceUploadOptions,
): string {
  const hash = createSha256();
  const encoder = new TextEncoder();
  const reading = { missingFrames: missing_frames, inputColorspace: input_colorspace };
  hash.update(encoder.encode(sequenceDigestHead({ rate: rate ?? null, ...reading })));
  for (const { frame, sha256 } of frames) {
    hash.update(encoder.encode(sequenceDigestLine(frame, sha256)));
  }
  return hash.hex();
}

async function begin({ uploads, clip, frames, options, key }: Job): Promise<Begun> {
  const { title, rate, missing_frames, input_colorspace, videoId, signal, maxRetries } = options;
  const format = SequenceUploadParams.shape.format.safeParse(clip.format);
  if (!format.success) {
    throw new RotoError('source_unreadable', `Expected PNG, JPEG, TIFF or EXR, not ${clip.name}.`);
  }
  const sizeBytes = frames.reduce((sum, frame) => sum + frame.sizeBytes, 0);
  const begun = await uploads.beginSequence(
    {
      format: format.data,
      rate,
      missing_frames,
      input_colorspace,
      // Of a sequence that is there only some of it comes, and how much is not known yet.
      ...(videoId === undefined
        ? { title: title ?? clip.name.slice(-255), size_bytes: sizeBytes }
        : { title, video_id: videoId }),
    },
    { signal, maxRetries },
  );
  await options.store?.set(key, `roto:${begun.id}`);
  return { id: begun.id, videoId: begun.video_id };
}

/** The session begun by an earlier process, where it is open still. */
async function resume({ uploads, options, key }: Job): Promise<Begun | undefined> {
  const { store, signal, maxRetries } = options;
  const url = await store?.get(key);
  if (url === undefined) return undefined;
  try {
    const { id, video_id, status } = await uploads.get(new URL(url).pathname, {
      signal,
      maxRetries,
    });
    if (status === 'open') return { id, videoId: video_id };
  } catch (error) {
    // Gone, or another account's: begun anew.
    if (!(error instanceof ApiError && [400, 403, 404].includes(error.status))) throw error;
  }
  await store?.delete(key);
  return undefined;
}

async function sendMissing(job: Job, id: string): Promise<void> {
  const { uploads, frames, options } = job;
  const { signal, concurrency: limit, onProgress } = options;
  const there = new Map<number, string>();
  const known = uploads.frames(id, { limit: framePage }, { signal });
  for await (const { frame, sha256 } of known) there.set(frame, sha256);
  const totalBytes = frames.reduce((sum, frame) => sum + frame.sizeBytes, 0);
  const missing = frames.filter(({ frame, sha256 }) => there.get(frame) !== sha256);
  let loadedBytes = totalBytes - missing.reduce((sum, frame) => sum + frame.sizeBytes, 0);
  const report = (): void => onProgress?.({ phase: 'upload', loadedBytes, totalBytes });
  report();
  const wanted = new Set(frames.map(({ frame }) => frame));
  const extra = [...there.keys()].filter((frame) => !wanted.has(frame));
  await inParallel(extra, { limit, signal }, async (frame, stop) => {
    await uploads.removeFrame(id, frame, { signal: stop });
  });
  await inParallel(missing, { limit, signal }, async (frame, stop) => {
    await sendFrame(job, id, frame, stop);
    loadedBytes += frame.sizeBytes;
    report();
  });
}

async function sendFrame(
  { transport, uploads, options }: Job,
  id: string,
  { frame, path, sizeBytes, sha256 }: HashedFrame,
  signal: AbortSignal,
): Promise<void> {
  const source = await fileSource(path);
  const maxRetries = options.maxRetries ?? transport.maxRetries + 2;
  const send = async (): Promise<void> => {
    const body =
      sizeBytes <= largestInMemory ? await source.read(0, sizeBytes) : streamOf(source, sizeBytes);
    await uploads.putFrame(id, frame, { body, sha256 }, { signal, maxRetries: 0 });
  };
  await withRetries(send, { maxRetries, signal });
  await source.assertUnchanged();
}

function streamOf(source: UploadSource, sizeBytes: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = await source.read(at, Math.min(streamPiece, sizeBytes - at));
      const bytes = piece instanceof Blob ? new Uint8Array(await piece.arrayBuffer()) : piece;
      at += bytes.byteLength;
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      if (bytes.byteLength === 0 || at >= sizeBytes) controller.close();
    },
  });
}
