import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RotoError } from '../../contract/errors.ts';
import type { DownloadOptions, DownloadSource } from '../../download.ts';
import { ApiError, ClientError, ConnectionError } from '../../errors.ts';
import { abortError, throwIfAborted } from '../../internal/abort.ts';
import { bodyChunks } from '../../internal/body-chunks.ts';
import { shownUrl } from '../../internal/redact.ts';
import { sleep } from '../../internal/sleep.ts';
import type { Transport } from '../../request.ts';
import { retryWaitMs } from '../../retry.ts';
import { writeFailure } from './file-failure.ts';
import { PartFile } from './part-file.ts';

/**
 * Downloads a file as a stream, going on where an earlier call or a killed process stopped, and
 * gives it its name once it is whole and its SHA-256 is right. Until then, and after a stop, what
 * has arrived lies at `<path>.part`. Two calls for one path at a time are one too many.
 *
 * @throws ConnectionError, TimeoutError, ApiError, AbortError; RotoError `transfer_corrupt`,
 * `disk_full`, `output_unwritable`
 */
export async function downloadFile(
  transport: Transport,
  source: DownloadSource,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  throwIfAborted(options.signal);
  try {
    await mkdir(dirname(path), { recursive: true });
    const part = await PartFile.open(`${path}.part`);
    try {
      await fetchRight({ transport, source, part, options, total: source.sizeBytes });
      await part.flush();
    } finally {
      await part.close();
    }
    await rename(part.path, path);
  } catch (error) {
    if (options.signal?.aborted) throw abortError(options.signal);
    throw writeFailure(error, path);
  }
}

interface Job {
  readonly transport: Transport;
  readonly source: DownloadSource;
  readonly part: PartFile;
  readonly options: DownloadOptions;
  /** Bytes of the whole, once known. */
  total: number | undefined;
}

async function fetchRight(job: Job): Promise<void> {
  const { source, part, options } = job;
  await fetchWhole(job);
  if (await isRight(job)) return;
  // Damaged on the way, or by an earlier process: once more from the start.
  await part.reset();
  await fetchWhole(job);
  if (await isRight(job)) return;
  await part.reset();
  throwIfAborted(options.signal);
  throw new RotoError(
    'transfer_corrupt',
    `The file arrived twice with another SHA-256 than ${source.sha256}.`,
  );
}

async function isRight({ source, part, options }: Job): Promise<boolean> {
  if (source.sha256 === undefined) return true;
  return (await part.sha256(options.signal)) === source.sha256.toLowerCase();
}

/** All bytes, over as many connections as it takes while they bring something. */
async function fetchWhole(job: Job): Promise<void> {
  const { part, options, transport } = job;
  const maxRetries = options.maxRetries ?? transport.maxRetries + 2;
  for (let barren = 0; ; ) {
    const before = part.size;
    try {
      await fetchRest(job);
      return;
    } catch (error) {
      if (!(error instanceof ClientError && isWorthAnother(error, job))) throw error;
      // A line that drops now and then but brings the file along is not given up on.
      barren = part.size > before ? 0 : barren + 1;
      if (barren > maxRetries) throw error;
      const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
      const waitMs = retryWaitMs(Math.max(0, barren - 1), asked);
      if (waitMs === undefined) throw error;
      transport.logger?.warn('A download is gone on with', { message: error.message, waitMs });
      await sleep(waitMs, options.signal);
    }
  }
}

/** A presigned address lives for a while; then there is another for the asking. */
function isWorthAnother(error: ClientError, { source }: Job): boolean {
  if (error.retryable) return true;
  if (!(error instanceof ApiError)) return false;
  if (error.status === 416) return true;
  return typeof source.url === 'function' && [400, 401, 403, 404, 410].includes(error.status);
}

async function fetchRest(job: Job): Promise<void> {
  const { transport, source, part, options } = job;
  const url = typeof source.url === 'function' ? await source.url() : source.url;
  const name = shownUrl(new URL(url, `${transport.baseUrl}/`).href);
  if (job.total !== undefined && part.size > job.total) await part.reset();
  if (part.size === job.total && part.size > 0 && source.sha256 !== undefined) return;
  const response = await ask(job, { url, name }).catch(async (error: unknown) => {
    if (error instanceof ApiError && error.status === 416) await part.reset();
    throw error;
  });
  try {
    await begin(response, name, job);
  } catch (error) {
    response.body?.cancel().catch(() => undefined);
    throw error;
  }
  const stallMs = options.stallMs ?? 30_000;
  report(job);
  for await (const chunk of bodyChunks(response, { signal: options.signal, stallMs, what: name })) {
    if (job.total !== undefined && part.size + chunk.byteLength > job.total) {
      await part.reset();
      throw new ConnectionError(`${name} sent more than its ${job.total} bytes.`);
    }
    await part.append(chunk);
    report(job);
  }
  if (job.total !== undefined && part.size < job.total) {
    throw new ConnectionError(`${name} ended after ${part.size} of ${job.total} bytes.`);
  }
}

function report({ part, options, total }: Job): void {
  options.onProgress?.({ phase: 'download', loadedBytes: part.size, totalBytes: total });
}

async function ask(
  { transport, source, part, options }: Job,
  { url, name }: { readonly url: string; readonly name: string },
): Promise<Response> {
  const version = part.versionOf(name);
  // Without a version to hold it to, and no SHA-256 to find out by, a rest may be of another file.
  if (version === undefined && source.sha256 === undefined) await part.reset();
  const headers = {
    accept: '*/*',
    // A packed answer has other bytes and other offsets.
    'accept-encoding': 'identity',
    ...(part.size === 0 ? {} : { range: `bytes=${part.size}-`, 'if-range': version }),
  };
  const { signal, stallMs: timeoutMs } = options;
  return transport.open(
    { method: 'GET', path: url, headers },
    { signal, timeoutMs, maxRetries: 0 },
  );
}

/** Sees that what comes is the file, from the byte that is wanted next. */
async function begin(response: Response, name: string, job: Job): Promise<void> {
  const { part } = job;
  const { headers, status } = response;
  if (status !== 206) {
    const etag = headers.get('etag');
    checkTotal(job, name, lengthOf(headers.get('content-length')));
    // A weak tag does not promise the same bytes.
    await part.begin(name, etag?.startsWith('"') === true ? etag : undefined);
    return;
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (range === null || Number(range[1]) !== part.size) {
    await part.reset();
    throw new ConnectionError(`${name} sent another part than it was asked for.`);
  }
  checkTotal(job, name, lengthOf(range[2]));
}

function lengthOf(text: string | null | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}

function checkTotal(job: Job, name: string, total: number | undefined): void {
  const wanted = job.source.sizeBytes;
  if (wanted !== undefined && total !== undefined && total !== wanted) {
    throw new RotoError('transfer_corrupt', `${name} has ${total} bytes, not ${wanted}.`);
  }
  job.total = wanted ?? total;
}
