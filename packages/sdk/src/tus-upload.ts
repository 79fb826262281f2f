import { createSha256 } from '#platform/sha256';
import { ApiError, ClientError, ReplyError, UploadError } from './errors.ts';
import { throwIfAborted } from './internal/abort.ts';
import { hashSource } from './internal/hash-source.ts';
import { sleep } from './internal/sleep.ts';
import { uploadKey } from './internal/upload-key.ts';
import type { TransferProgress } from './progress.ts';
import type { Transport } from './request.ts';
import { retryWaitMs } from './retry.ts';
import type { UploadSource } from './upload-source.ts';
import type { UploadStore } from './upload-store.ts';

// A client of tus 1.0.0 (creation, creation-defer-length) of our own: tus-js-client 4.3.1 brings
// its own transport beside ours (no fetch, dispatcher, AbortSignal or Retry-After), reads no Blob
// on Node, and has seven dependencies; its next version is not released.

export interface TusUploadOptions {
  /** Where uploads are created: a path below the client's base, or a whole address. */
  readonly endpoint: string;
  /** What the server is told of it, beside its name and SHA-256. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Hex SHA-256, where the caller knows it already; the file is read once for it otherwise. */
  readonly sha256?: string | undefined;
  /** Remembers what was begun; without one a stopped upload begins again. */
  readonly store?: UploadStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Tries in a row that bring nothing. The client's number of retries and two unless given. */
  readonly maxRetries?: number | undefined;
  /** Bytes of one request. Unless given, as many as take a second or two. */
  readonly chunkBytes?: number | undefined;
}

export interface TusUploadResult {
  /** Address of the upload, which ends in its id. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Hex SHA-256 of what was sent. */
  readonly sha256: string;
  /** Headers of the last reply. */
  readonly headers: Headers;
}

const smallestChunk = 256 * 1024;
const firstChunk = 4 * 1024 * 1024;
/** A piece of a file or a stream is in memory while it is sent. */
const largestChunk = 8 * 1024 * 1024;
const streamChunk = 8 * 1024 * 1024;
const tusVersion = { 'tus-resumable': '1.0.0' };

/**
 * Uploads by the tus protocol, in pieces that are read as they are sent, going on after a broken
 * connection, and after a stopped process where there is a store.
 *
 * @throws UploadError, ApiError, ConnectionError, TimeoutError, AbortError
 */
export async function tusUpload(
  transport: Transport,
  source: UploadSource,
  options: TusUploadOptions,
): Promise<TusUploadResult> {
  throwIfAborted(options.signal);
  const sha256 = options.sha256 ?? (await hashOf(source, options));
  const endpoint = endpointUrl(transport, options.endpoint);
  const key = sha256 === undefined ? undefined : uploadKey(endpoint, sha256, source.sizeBytes);
  const job: Job = { transport, source, options, endpoint, key, sha256 };
  const begun = (await resume(job)) ?? (await create(job));
  const done = await new Sender(job, begun).run();
  await source.assertUnchanged();
  if (key !== undefined) await options.store?.delete(key);
  return done;
}

interface Job {
  readonly transport: Transport;
  readonly source: UploadSource;
  readonly options: TusUploadOptions;
  readonly endpoint: string;
  /** Of this file at this endpoint; undefined of a stream. */
  readonly key: string | undefined;
  /** Known before it is sent; undefined of a stream. */
  readonly sha256: string | undefined;
}

/** An upload the server knows, and how much of it. */
interface Begun {
  readonly url: string;
  readonly offset: number;
  readonly headers: Headers;
}

async function hashOf(
  source: UploadSource,
  { signal, onProgress }: TusUploadOptions,
): Promise<string | undefined> {
  if (!source.rereadable) return undefined;
  const totalBytes = source.sizeBytes;
  return hashSource(source, signal, (loadedBytes) =>
    onProgress?.({ phase: 'hash', loadedBytes, totalBytes }),
  );
}

function endpointUrl(transport: Transport, endpoint: string): string {
  return /^https?:/.test(endpoint) ? endpoint : `${transport.baseUrl}${endpoint}`;
}

/** The upload begun by an earlier process, where the server still has it. */
async function resume(job: Job): Promise<Begun | undefined> {
  const { key, options } = job;
  const url = key === undefined ? undefined : await options.store?.get(key);
  if (key === undefined || url === undefined) return undefined;
  try {
    return await askOffset(job, url);
  } catch (error) {
    // Gone, swept, or another account's: begun anew.
    if (!(error instanceof ApiError && [403, 404, 410].includes(error.status))) throw error;
    await options.store?.delete(key);
    return undefined;
  }
}

async function create(job: Job): Promise<Begun> {
  const { transport, source, options, endpoint, key, sha256 } = job;
  const metadata = {
    filename: source.name,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...options.metadata,
  };
  const size = source.sizeBytes;
  const response = await transport.open(
    {
      method: 'POST',
      path: endpoint,
      headers: {
        ...tusVersion,
        ...(size === undefined ? { 'upload-defer-length': '1' } : { 'upload-length': `${size}` }),
        'upload-metadata': encodeMetadata(metadata),
      },
    },
    { signal: options.signal, maxRetries: options.maxRetries },
  );
  await response.body?.cancel();
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, endpoint)) {
    throw new ReplyError('The server began an upload and did not say where it is.');
  }
  const url = new URL(location, endpoint).href;
  if (key !== undefined) await options.store?.set(key, url);
  return { url, offset: 0, headers: response.headers };
}

/** `key base64(value)` with commas, as tus has it. */
function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name} ${base64(new TextEncoder().encode(value))}`)
    .join(',');
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

async function askOffset({ transport, options, source }: Job, url: string): Promise<Begun> {
  const response = await transport.open(
    { method: 'HEAD', path: url, headers: tusVersion },
    { signal: options.signal, maxRetries: options.maxRetries },
  );
  await response.body?.cancel();
  const offset = readOffset(response.headers);
  if (source.sizeBytes !== undefined && offset > source.sizeBytes) {
    throw new ReplyError(`The server has ${offset} bytes of ${source.sizeBytes}.`);
  }
  return { url, offset, headers: response.headers };
}

function readOffset(headers: Headers): number {
  const text = headers.get('upload-offset') ?? '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ReplyError('The server did not say how much of the upload it has.');
}

/** What is sent, piece by piece, until the server has all of it. */
class Sender {
  readonly #job: Job;
  readonly #url: string;
  readonly #maxRetries: number;
  /** SHA-256 of what the server has confirmed of a stream. */
  readonly #streamed = createSha256();
  readonly #adaptive: boolean;
  #chunkBytes: number;
  #total: number | undefined;
  #offset: number;
  #headers: Headers;
  #reported = -1;
  /** Failures in a row that brought nothing. */
  #barren = 0;

  constructor(job: Job, begun: Begun) {
    const { options, source, transport } = job;
    this.#job = job;
    this.#url = begun.url;
    this.#offset = begun.offset;
    this.#headers = begun.headers;
    this.#total = source.sizeBytes;
    this.#maxRetries = options.maxRetries ?? transport.maxRetries + 2;
    this.#adaptive = options.chunkBytes === undefined && source.rereadable;
    this.#chunkBytes = options.chunkBytes ?? (source.rereadable ? firstChunk : streamChunk);
  }

  async run(): Promise<TusUploadResult> {
    this.#report();
    while (this.#offset !== this.#total) {
      throwIfAborted(this.#job.options.signal);
      await this.#sendNext();
      this.#report();
    }
    await this.#checkEnd();
    const sha256 = this.#job.sha256 ?? this.#streamed.hex();
    return { url: this.#url, sizeBytes: this.#offset, sha256, headers: this.#headers };
  }

  async #sendNext(): Promise<void> {
    const { source } = this.#job;
    const room = (this.#total ?? Number.POSITIVE_INFINITY) - this.#offset;
    const piece = await source.read(this.#offset, Math.min(this.#chunkBytes, room));
    const bytes = piece instanceof Blob ? piece.size : piece.byteLength;
    if (this.#total !== undefined && bytes === 0) {
      await source.assertUnchanged();
      throw this.#wrongLength('ended before');
    }
    // A piece that is not full is the last one of a stream that did not say how long it is.
    const total = bytes < this.#chunkBytes ? this.#offset + bytes : undefined;
    const from = this.#offset;
    try {
      await this.#send(piece, this.#total ?? total);
      this.#total ??= total;
      this.#barren = 0;
    } catch (error) {
      await this.#recover(error);
      this.#barren = this.#offset > from ? 0 : this.#barren + 1;
    }
    if (source.rereadable || piece instanceof Blob) return;
    this.#streamed.update(piece.subarray(0, this.#offset - from));
  }

  async #send(piece: Blob | Uint8Array<ArrayBuffer>, total: number | undefined): Promise<void> {
    const { options, source, transport } = this.#job;
    const ends = source.sizeBytes === undefined && total !== undefined;
    const startedMs = performance.now();
    const response = await transport.open(
      {
        method: 'PATCH',
        path: this.#url,
        raw: piece,
        headers: {
          ...tusVersion,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': `${this.#offset}`,
          ...(ends ? { 'upload-length': `${total}` } : {}),
        },
      },
      { signal: options.signal, maxRetries: 0 },
    );
    await response.body?.cancel();
    this.#offset = readOffset(response.headers);
    this.#headers = response.headers;
    this.#adapt(performance.now() - startedMs);
  }

  /** Finds out what the server has after a failure, unless that was for good. */
  async #recover(error: unknown): Promise<void> {
    const { options, source } = this.#job;
    await source.assertUnchanged();
    if (!(error instanceof ClientError && isWorthAnother(error))) throw error;
    if (this.#barren >= this.#maxRetries) throw this.#gaveUp(error);
    this.#adapt(Number.POSITIVE_INFINITY);
    const waitMs = retryWaitMs(
      this.#barren,
      error instanceof ApiError ? error.retryAfterMs : undefined,
    );
    if (waitMs === undefined) throw this.#gaveUp(error);
    this.#job.transport.logger?.warn('An upload is gone on with', {
      message: error.message,
      waitMs,
    });
    await sleep(waitMs, options.signal);
    const known = await askOffset(this.#job, this.#url);
    this.#offset = known.offset;
    this.#headers = known.headers;
  }

  /** Pieces that take a second or two: few requests, and little lost with one of them. */
  #adapt(tookMs: number): void {
    if (!this.#adaptive) return;
    const factor = tookMs < 1_000 ? 2 : tookMs > 4_000 ? 0.5 : 1;
    this.#chunkBytes = Math.min(Math.max(this.#chunkBytes * factor, smallestChunk), largestChunk);
  }

  /** A stream that goes on after the length it was said to have is not what was meant. */
  async #checkEnd(): Promise<void> {
    const { source } = this.#job;
    if (source.rereadable || source.sizeBytes === undefined) return;
    const more = await source.read(this.#offset, 1);
    if (more instanceof Uint8Array && more.byteLength > 0) throw this.#wrongLength('goes on after');
  }

  #report(): void {
    // After a broken connection the server may have less than it seemed.
    if (this.#offset <= this.#reported) return;
    this.#reported = this.#offset;
    const { options, source } = this.#job;
    const loadedBytes = this.#offset;
    options.onProgress?.({ phase: 'upload', loadedBytes, totalBytes: source.sizeBytes });
  }

  #wrongLength(what: string): UploadError {
    return new UploadError(
      `${this.#job.source.name} ${what} the ${this.#total} bytes it was said to have.`,
      {
        uploadedBytes: this.#offset,
        retryable: false,
      },
    );
  }

  #gaveUp(cause: ClientError): UploadError {
    const message = `The upload stopped at byte ${this.#offset}: ${cause.message}`;
    return new UploadError(message, {
      uploadedBytes: this.#offset,
      cause,
      hint: 'Upload the same file again: it goes on from there.',
    });
  }
}

/** 423: another request, perhaps our own broken one, still holds the upload. */
function isWorthAnother(error: ClientError): boolean {
  return error.retryable || (error instanceof ApiError && error.status === 423);
}
