import { mkdir, rename, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RotoError } from '@roto/sdk/contract';
import { type Dispatcher, EnvHttpProxyAgent, interceptors } from 'undici';
import { stopError, throwIfStopped } from '../stop.ts';
import { FetchFailure, fetchPart, shownUrl } from './fetch-part.ts';
import { PartFile } from './part-file.ts';
import { hashFile } from './store.ts';
import { storeFailure } from './store-failure.ts';

/** A file to fetch, known by size and most often by hash: then it does not matter who serves it. */
export interface Download {
  /** Places of the same file, tried in this order. */
  readonly urls: readonly string[];
  /** Where it shall lie; while it is fetched it lies at `<path>.part`. */
  readonly path: string;
  readonly bytes: number;
  /** Hex SHA-256; whatever comes is taken where it is not known. */
  readonly sha256?: string;
}

/** When to give up. */
export interface DownloadLimits {
  /** Milliseconds without a byte after which a server counts as dead. */
  readonly stallMs: number;
  /** Tries in a row at one place that bring next to nothing. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled each time, with up to a quarter less by chance. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

const usualLimits: DownloadLimits = {
  stallMs: 30_000,
  tries: 5,
  firstWaitMs: 500,
  longestWaitMs: 8_000,
};

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are there, never fewer than before. */
  readonly onBytes?: (done: number) => void;
  readonly limits?: Partial<DownloadLimits> | undefined;
  /** Bytes that can be written to a folder; asked of the file system unless given. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/**
 * Fetches a file, going on where an earlier call or a killed process stopped, and gives it its
 * name when its SHA-256 is right. Proxies are those of `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.
 *
 * @throws RotoError `network_failed` where no place could be read to the end, `model_corrupt`
 * where they serve another file, `disk_full`, `output_unwritable`, `interrupted`
 */
export async function download(what: Download, options: DownloadOptions = {}): Promise<void> {
  throwIfStopped(options.signal);
  const partPath = `${what.path}.part`;
  try {
    await mkdir(dirname(what.path), { recursive: true });
    const part = await PartFile.open(partPath);
    try {
      await checkSpace(what, part.size, options.freeBytes ?? freeBytes);
      await fetchFromAny(what, part, options);
      await part.flush();
    } finally {
      await part.close();
    }
    await rename(partPath, what.path);
  } catch (error) {
    if (options.signal?.aborted) throw stopError(options.signal);
    throw storeFailure(error, what.path);
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function checkSpace(
  { path, bytes }: Download,
  has: number,
  free: (folder: string) => Promise<number>,
): Promise<void> {
  const folder = dirname(path);
  const wanted = Math.max(0, bytes - has);
  const left = await free(folder);
  if (left >= wanted) return;
  throw new RotoError(
    'disk_full',
    `Expected ${wanted} free bytes for ${path} but ${folder} has ${left}.`,
    { hint: 'Free some space, or set ROTO_MODELS_DIR to a folder on a larger disk.' },
  );
}

async function fetchFromAny(what: Download, part: PartFile, options: DownloadOptions) {
  const agent = new EnvHttpProxyAgent();
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 5 }));
  const failures: FetchFailure[] = [];
  try {
    for (const url of what.urls) {
      const failure = await fetchFrom(url, { what, part, options, dispatcher });
      if (failure === undefined) return;
      failures.push(failure);
    }
  } finally {
    await agent.destroy();
  }
  throw allFailed(failures);
}

interface Job {
  readonly what: Download;
  readonly part: PartFile;
  readonly options: DownloadOptions;
  readonly dispatcher: Dispatcher;
}

/** The whole right file from one place, or why not. */
async function fetchFrom(url: string, job: Job): Promise<FetchFailure | undefined> {
  for (const last of [false, true]) {
    const failure = await fetchWhole(url, job);
    if (failure !== undefined) return failure;
    const { sha256 } = job.what;
    if (sha256 === undefined) return undefined;
    if ((await hashFile(job.part.path, job.options.signal)) === sha256) return undefined;
    // Damaged on the way, or by an earlier process: once more from the start.
    await job.part.reset();
    if (last) return new WrongFile(url);
  }
  return undefined;
}

/** All bytes came, twice, and they were not the right ones. */
class WrongFile extends FetchFailure {
  constructor(url: string) {
    super(`${shownUrl(url)} serves a file with another SHA-256`, { retryable: false });
  }
}

async function fetchWhole(url: string, job: Job): Promise<FetchFailure | undefined> {
  const { what, part, options, dispatcher } = job;
  const limits = { ...usualLimits, ...options.limits };
  let tries = 0;
  for (;;) {
    const before = part.size;
    try {
      await fetchPart({
        url,
        part,
        bytes: what.bytes,
        dispatcher,
        signal: options.signal,
        stallMs: limits.stallMs,
        onBytes: () => options.onBytes?.(part.size),
      });
      return undefined;
    } catch (error) {
      throwIfStopped(options.signal);
      if (!(error instanceof FetchFailure)) throw error;
      if (!error.retryable) return error;
      // A line that drops now and then but brings the file along is not given up on.
      tries = part.size - before > what.bytes / 100 ? 1 : tries + 1;
      if (tries >= limits.tries) return error;
      await pause(waitBefore(tries, error.waitMs, limits), options.signal);
    }
  }
}

const longestAskedMs = 60_000;

function waitBefore(tries: number, asked: number | undefined, limits: DownloadLimits): number {
  if (asked !== undefined) return Math.min(asked, longestAskedMs);
  const wait = Math.min(limits.firstWaitMs * 2 ** (tries - 1), limits.longestWaitMs);
  return wait * (1 - Math.random() / 4);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
}

function allFailed(failures: readonly FetchFailure[]): RotoError {
  const what = failures.map(({ message }) => message).join('; ');
  const wrong = failures.length > 0 && failures.every((failure) => failure instanceof WrongFile);
  return wrong
    ? new RotoError('model_corrupt', `The file was not the published one: ${what}.`, {
        cause: failures[0],
      })
    : new RotoError('network_failed', `The file could not be downloaded: ${what}.`, {
        cause: failures[0],
      });
}
