import { type Dispatcher, request } from 'undici';
import { errnoOf } from '../export/output-failure.ts';
import { rotoVersion } from '../version.ts';
import type { PartFile } from './part-file.ts';

/** Why one try at fetching did not bring the whole file. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
  /** Whether another try at the same place may help. */
  readonly retryable: boolean;
  /** Milliseconds the server asks to wait. */
  readonly waitMs: number | undefined;

  constructor(
    message: string,
    options: { retryable: boolean; waitMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
    this.waitMs = options.waitMs;
  }
}

export interface FetchOptions {
  readonly url: string;
  readonly part: PartFile;
  /** Bytes the whole file has. */
  readonly bytes: number;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte after which the server counts as dead. */
  readonly stallMs: number;
  readonly onBytes: () => void;
}

/**
 * One try at fetching the rest of a file: from where it stopped, where the server can and has the
 * same version still, else from the start.
 * @throws FetchFailure, or what the file system or the signal says
 */
export async function fetchPart(options: FetchOptions): Promise<void> {
  const { part, bytes, url } = options;
  if (part.size > bytes) await part.reset();
  if (part.size === bytes) return;
  const response = await ask(options);
  try {
    await begin(response, options);
    await take(response, options);
  } finally {
    // Ends the connection where the body was not read to its end; that it did is no news.
    response.body.on('error', () => undefined).destroy();
  }
  if (part.size < bytes) {
    throw new FetchFailure(`${shownUrl(url)} ended after ${part.size} of ${bytes} bytes`, {
      retryable: true,
    });
  }
}

async function ask(options: FetchOptions): Promise<Dispatcher.ResponseData> {
  const { url, part, dispatcher, signal, stallMs } = options;
  const version = part.versionAt(url);
  try {
    return await request(url, {
      dispatcher,
      headersTimeout: stallMs,
      bodyTimeout: stallMs,
      headers: {
        'user-agent': `roto/${rotoVersion}`,
        // A packed answer has other bytes and other offsets.
        'accept-encoding': 'identity',
        ...(part.size === 0 ? {} : { range: `bytes=${part.size}-` }),
        ...(part.size === 0 || version === undefined ? {} : { 'if-range': version }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    throw broken(url, cause, signal);
  }
}

/** Sees that what comes is the file, from the byte that is wanted next. */
async function begin(response: Dispatcher.ResponseData, options: FetchOptions): Promise<void> {
  const { url, part, bytes } = options;
  const { statusCode, headers } = response;
  if (statusCode === 200) {
    const length = Number(single(headers['content-length']) ?? bytes);
    if (length !== bytes) throw otherFile(url, length, bytes);
    const etag = single(headers['etag']);
    // A weak tag does not promise the same bytes.
    await part.begin(url, etag?.startsWith('"') === true ? etag : undefined);
    return;
  }
  if (statusCode === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(single(headers['content-range']) ?? '');
    if (range !== null && range[2] !== '*' && Number(range[2]) !== bytes) {
      throw otherFile(url, Number(range[2]), bytes);
    }
    if (range !== null && Number(range[1]) === part.size) return;
    await part.reset();
    throw new FetchFailure(`${shownUrl(url)} sent another part than it was asked for`, {
      retryable: true,
    });
  }
  if (statusCode === 416) await part.reset();
  throw new FetchFailure(`${shownUrl(url)} answered with status ${statusCode}`, {
    retryable: [408, 416, 425, 429].includes(statusCode) || statusCode >= 500,
    waitMs: retryAfter(single(headers['retry-after'])),
  });
}

async function take(response: Dispatcher.ResponseData, options: FetchOptions): Promise<void> {
  const { url, part, bytes, signal, onBytes } = options;
  const chunks: AsyncIterator<Uint8Array> = response.body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      throw broken(url, cause, signal);
    });
    if (next.done === true) return;
    if (part.size + next.value.byteLength > bytes) {
      throw otherFile(url, part.size + next.value.byteLength, bytes);
    }
    await part.append(next.value);
    onBytes();
  }
}

function otherFile(url: string, has: number, wanted: number): FetchFailure {
  return new FetchFailure(`${shownUrl(url)} has ${has} bytes or more, not ${wanted}`, {
    retryable: false,
  });
}

/** A connection that did not come about or broke; a stop is passed on as it is. */
function broken(url: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FetchFailure(`${shownUrl(url)} could not be read (${reason})`, {
    // A name that nobody knows is not known a second later: there is no network, or no such host.
    retryable: errnoOf(cause) !== 'ENOTFOUND',
    cause,
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Seconds or a date as milliseconds from now. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** An address without what may be secret in it: user, password and query. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
