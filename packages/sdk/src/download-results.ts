import { downloadFile } from '#platform/download-file';
import { fileState } from '#platform/file-state';
import { placeBelow } from '#platform/place-below';
import { RotoError } from './contract/errors.ts';
import { pageOf } from './contract/pagination.ts';
import { TaskResult } from './contract/tasks.ts';
import { abortError, throwIfAborted } from './internal/abort.ts';
import { inParallel } from './internal/in-parallel.ts';
import { path } from './internal/path.ts';
import type { Transport } from './request.ts';

/** How far a download of several files is; `loadedBytes` never goes back. */
export interface FilesProgress {
  readonly phase: 'download';
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly loadedFiles: number;
  readonly totalFiles: number;
}

export interface DownloadResultsOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FilesProgress) => void) | undefined;
  /** Files fetched at a time. 4 unless given. */
  readonly concurrency?: number | undefined;
  /** Whether a file that is there, and is another, is replaced; otherwise nothing is fetched. */
  readonly overwrite?: boolean | undefined;
  /** Tries in a row that bring next to nothing. The client's number of retries and two unless given. */
  readonly maxRetries?: number | undefined;
  /** Milliseconds without a byte after which a connection counts as dead. 30,000 unless given. */
  readonly stallMs?: number | undefined;
}

/** A result on this machine. */
export interface DownloadedResult {
  readonly result: TaskResult;
  /** Absolute path of the file. */
  readonly file: string;
}

/** Results of a task that one page has. */
const pageSize = 100;
/** Milliseconds before an address expires at which another is asked for. */
const expiryMarginMs = 60_000;

/** A result, where it goes, and what asks for it again. */
interface Wanted extends DownloadedResult {
  readonly cursor: string | undefined;
}

/**
 * Downloads what a task made into a folder, laid out as a local run lays it out. Files that are
 * there and are the very ones are not fetched again; each gets its name once it is whole and right.
 * @throws RotoError `output_exists`; what `downloadFile` throws
 */
export async function downloadResults(
  transport: Transport,
  taskId: string,
  folder: string,
  options: DownloadResultsOptions = {},
): Promise<DownloadedResult[]> {
  const { signal, concurrency: limit = 4 } = options;
  throwIfAborted(signal);
  const wanted = await listWanted({ transport, taskId, folder, signal });
  const missing = await missingOf(wanted, options);
  const meter = new Meter(wanted, missing, options.onProgress);
  await inParallel(missing, { limit, signal }, async (one, stop) => {
    const { result, file } = one;
    let tries = 0;
    const url = async (): Promise<string> => {
      tries += 1;
      const isFresh = Date.parse(result.expires_at) - Date.now() > expiryMarginMs;
      return tries === 1 && isFresh ? result.url : freshUrl(transport, taskId, one, stop);
    };
    await downloadFile(transport, { url, sizeBytes: result.bytes, sha256: result.sha256 }, file, {
      signal: stop,
      maxRetries: options.maxRetries,
      stallMs: options.stallMs,
      onProgress: ({ loadedBytes }) => meter.note(file, loadedBytes),
    });
    meter.finish(one);
  });
  return wanted.map(({ result, file }) => ({ result, file }));
}

interface Listing {
  readonly transport: Transport;
  readonly taskId: string;
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

async function listWanted({ transport, taskId, folder, signal }: Listing): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  let cursor: string | undefined;
  do {
    const page = await resultPage(transport, taskId, cursor, signal);
    for (const result of page.data) {
      wanted.push({ result, file: placeBelow(folder, result.path), cursor });
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return wanted;
}

async function resultPage(
  transport: Transport,
  taskId: string,
  cursor: string | undefined,
  signal: AbortSignal | undefined,
) {
  const at = path`/api/tasks/${taskId}/results`;
  const query = { limit: pageSize, cursor };
  return transport.request(
    { method: 'GET', path: at, query, schema: pageOf(TaskResult) },
    { signal },
  );
}

/** Another address of a result whose own has expired, or did not do. */
async function freshUrl(
  transport: Transport,
  taskId: string,
  { result, cursor }: Wanted,
  signal: AbortSignal,
): Promise<string> {
  const page = await resultPage(transport, taskId, cursor, signal);
  const again = page.data.find((other) => other.path === result.path);
  return again?.url ?? result.url;
}

/** Those that are not there yet. */
async function missingOf(
  wanted: readonly Wanted[],
  { signal, overwrite = false }: DownloadResultsOptions,
): Promise<Wanted[]> {
  const missing: Wanted[] = [];
  for (const one of wanted) {
    throwIfAborted(signal);
    const { bytes: sizeBytes, sha256 } = one.result;
    const state = await fileState(one.file, { sizeBytes, sha256 }, signal).catch((error) => {
      throw signal?.aborted ? abortError(signal) : error;
    });
    if (state === 'other' && !overwrite) throw exists(one.file);
    if (state !== 'same') missing.push(one);
  }
  return missing;
}

function exists(file: string): RotoError {
  return new RotoError('output_exists', `${file} is there, and is another file.`, {
    hint: 'Choose another folder, or say that it may be overwritten.',
  });
}

/** Adds up how far the files are. */
class Meter {
  readonly #tell: ((progress: FilesProgress) => void) | undefined;
  readonly #totalBytes: number;
  readonly #totalFiles: number;
  readonly #open = new Map<string, number>();
  #doneBytes = 0;
  #doneFiles = 0;
  #reported = 0;

  constructor(
    wanted: readonly Wanted[],
    missing: readonly Wanted[],
    tell: ((progress: FilesProgress) => void) | undefined,
  ) {
    this.#tell = tell;
    this.#totalBytes = sumOf(wanted);
    this.#totalFiles = wanted.length;
    this.#doneBytes = this.#totalBytes - sumOf(missing);
    this.#doneFiles = wanted.length - missing.length;
    this.#report();
  }

  note(file: string, loadedBytes: number): void {
    this.#open.set(file, loadedBytes);
    this.#report();
  }

  finish({ file, result }: Wanted): void {
    this.#open.delete(file);
    this.#doneBytes += result.bytes;
    this.#doneFiles += 1;
    this.#report();
  }

  #report(): void {
    const open = [...this.#open.values()].reduce((sum, bytes) => sum + bytes, 0);
    // A file that came wrong begins again.
    this.#reported = Math.max(this.#reported, this.#doneBytes + open);
    this.#tell?.({
      phase: 'download',
      loadedBytes: this.#reported,
      totalBytes: this.#totalBytes,
      loadedFiles: this.#doneFiles,
      totalFiles: this.#totalFiles,
    });
  }
}

function sumOf(wanted: readonly Wanted[]): number {
  return wanted.reduce((sum, { result }) => sum + result.bytes, 0);
}
