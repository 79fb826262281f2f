import { ApiError, ClientError } from './errors.ts';
import { throwIfAborted } from './internal/abort.ts';
import { inParallel } from './internal/in-parallel.ts';
import { uploadKey } from './internal/upload-key.ts';
import type { TransferProgress } from './progress.ts';
import { newIdempotencyKey, type Transport } from './request.ts';
import { Uploads } from './resources/uploads.ts';
import { withRetries } from './retry.ts';
import type { UploadSource } from './upload-source.ts';
import type { UploadStore } from './upload-store.ts';

export interface PartsUploadOptions {
  /** Hex SHA-256 of the whole. */
  readonly sha256: string;
  readonly store?: UploadStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Parts sent at a time: each is in memory meanwhile. */
  readonly concurrency: number;
  readonly maxRetries?: number | undefined;
}

/** An upload in parts the server knows, and the parts the store has. */
interface Begun {
  readonly id: string;
  readonly videoId: string;
  readonly partBytes: number;
  readonly partCount: number;
  readonly arrived: ReadonlySet<number>;
}

interface Job {
  readonly transport: Transport;
  readonly uploads: Uploads;
  readonly source: UploadSource;
  readonly sizeBytes: number;
  readonly options: PartsUploadOptions;
  readonly key: string;
}

/**
 * Uploads in parts that go to the server's store itself, several at a time; a later call goes on
 * with the parts that are missing.
 * @returns the video's id, or undefined where the server takes no parts
 * @throws what any call throws
 */
export async function uploadParts(
  transport: Transport,
  source: UploadSource,
  sizeBytes: number,
  options: PartsUploadOptions,
): Promise<string | undefined> {
  const key = uploadKey('parts', transport.baseUrl, options.sha256, sizeBytes);
  const uploads = new Uploads(transport);
  const job: Job = { transport, uploads, source, sizeBytes, options, key };
  const begun = (await resume(job)) ?? (await begin(job));
  if (begun === undefined) return undefined;
  await sendMissing(job, begun);
  await source.assertUnchanged();
  await uploads.completeParts(begun.id, callOptions(options));
  await options.store?.delete(key);
  return begun.videoId;
}

function callOptions({ signal, maxRetries }: PartsUploadOptions) {
  return { signal, maxRetries };
}

async function begin({
  uploads,
  source,
  sizeBytes,
  options,
  key,
}: Job): Promise<Begun | undefined> {
  const { sha256, store } = options;
  const filename = source.name.slice(-255);
  const body = { filename, size_bytes: sizeBytes, sha256 };
  const idempotencyKey = newIdempotencyKey();
  const ask = (maxRetries?: number) =>
    uploads.beginParts(body, { signal: options.signal, idempotencyKey, maxRetries });
  const begun = await ask(0).catch((error: unknown) => {
    // Files lie in a folder there: they are sent by tus.
    if (error instanceof ApiError && error.code === 'unavailable') return undefined;
    if (error instanceof ClientError && error.retryable) return ask(options.maxRetries);
    throw error;
  });
  if (begun === undefined) return undefined;
  const { id, video_id: videoId, part_bytes: partBytes, part_count: partCount } = begun;
  await store?.set(key, `roto:${id}?part_bytes=${partBytes}&part_count=${partCount}`);
  return { id, videoId, partBytes, partCount, arrived: new Set() };
}

/** The upload begun by an earlier process, where the server still has it. */
async function resume({ uploads, options, key }: Job): Promise<Begun | undefined> {
  const url = await options.store?.get(key);
  if (url === undefined) return undefined;
  const { pathname: id, searchParams } = new URL(url);
  const partBytes = Number(searchParams.get('part_bytes'));
  const partCount = Number(searchParams.get('part_count'));
  try {
    const { video_id: videoId } = await uploads.get(id, callOptions(options));
    const { parts } = await uploads.parts(id, callOptions(options));
    const whole = parts.map(({ part_number }) => part_number);
    return { id, videoId, partBytes, partCount, arrived: new Set(whole) };
  } catch (error) {
    // Gone, over, or another account's: begun anew.
    if (!(error instanceof ApiError && [400, 403, 404, 409].includes(error.status))) throw error;
    await options.store?.delete(key);
    return undefined;
  }
}

async function sendMissing(job: Job, begun: Begun): Promise<void> {
  const { options, sizeBytes } = job;
  const { signal, concurrency: limit, onProgress } = options;
  const bytesOf = (part: number): number =>
    Math.min(begun.partBytes, sizeBytes - (part - 1) * begun.partBytes);
  const all = Array.from({ length: begun.partCount }, (_, index) => index + 1);
  const there = all.filter((part) => begun.arrived.has(part));
  let loadedBytes = there.reduce((sum, part) => sum + bytesOf(part), 0);
  const report = (): void => onProgress?.({ phase: 'upload', loadedBytes, totalBytes: sizeBytes });
  report();
  const missing = all.filter((part) => !begun.arrived.has(part));
  await inParallel(missing, { limit, signal }, async (part, stop) => {
    const from = (part - 1) * begun.partBytes;
    const raw = await job.source.read(from, bytesOf(part));
    await sendPart(job, begun.id, { part, raw, signal: stop });
    loadedBytes += bytesOf(part);
    report();
  });
}

interface Part {
  readonly part: number;
  readonly raw: Blob | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** Asks for the part's address anew for each try: one that has expired is no reason to stop. */
async function sendPart(
  { transport, uploads, options }: Job,
  id: string,
  { part, raw, signal }: Part,
): Promise<void> {
  await withRetries(
    async () => {
      throwIfAborted(signal);
      const { parts } = await uploads.partUrls(id, { part_numbers: [part] }, { signal });
      const url = parts.find(({ part_number }) => part_number === part)?.url ?? '';
      const sent = await transport.open(
        { method: 'PUT', path: url, raw },
        { signal, maxRetries: 0 },
      );
      await sent.body?.cancel();
    },
    { maxRetries: options.maxRetries ?? transport.maxRetries + 2, signal },
  );
}
