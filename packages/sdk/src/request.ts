import type { z } from 'zod';
import { ApiPromise, type ApiReply } from './api-promise.ts';
import { RotoError } from './contract/errors.ts';
import { ApiError, type ClientError, ConnectionError, ReplyError, TimeoutError } from './errors.ts';
import type { Fetch, FetchInit, RequestBody } from './fetch.ts';
import { abortError, type Deadline, deadline } from './internal/abort.ts';
import { type HeaderChanges, mergeHeaders } from './internal/headers.ts';
import { shownHeaders, shownUrl } from './internal/redact.ts';
import { readableReason, willNeverConnect } from './network-failure.ts';
import { responseReader } from './parse-response.ts';
import { withRetries } from './retry.ts';

/** Where the client says what it does. Nothing secret is in it. */
export interface Logger {
  debug(message: string, details?: object): void;
  warn(message: string, details?: object): void;
}

/** What any one call may be told. */
export interface RequestOptions {
  /** Stops the call, its waits between tries included. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds one try may take; of a streamed reply, until it begins. The client's unless given. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first. The client's unless given. */
  readonly maxRetries?: number | undefined;
  /** Makes a POST happen once, however often it is sent. Made up unless given. */
  readonly idempotencyKey?: string | undefined;
  /** Headers beside the client's own; null takes one of those away. */
  readonly headers?: HeaderChanges | undefined;
}

/** A value in a query; a list is said once for each. */
export type QueryValue = string | number | boolean | readonly string[] | null | undefined;

/** What is asked of the server. */
export interface RequestSpec {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path below the client's base, made with the `path` tag, or a whole address. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`; say its `content-type` in `headers`. */
  readonly raw?: RequestBody | undefined;
  readonly headers?: HeaderChanges | undefined;
}

/** A request whose reply is JSON of a schema of the contract. */
export interface JsonRequestSpec<Schema extends z.ZodType> extends RequestSpec {
  readonly schema: Schema;
}

/** How a {@link Transport} is set up. */
export interface TransportSettings {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: (() => string | Promise<string>) | string | undefined;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly fetch: Fetch;
  readonly logger: Logger | undefined;
  readonly userAgent: string | undefined;
}

/** Bytes of an error reply that are looked at. */
const longestErrorText = 64 * 1024;

/** Makes requests of one server: tries, times, keys and errors. */
export class Transport {
  readonly #settings: TransportSettings;
  readonly #tolerant = responseReader();

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** The server, without a slash at the end. */
  get baseUrl(): string {
    return this.#settings.baseUrl;
  }

  /** Tries after the first, unless a call says otherwise. */
  get maxRetries(): number {
    return this.#settings.maxRetries;
  }

  get logger(): Logger | undefined {
    return this.#settings.logger;
  }

  /**
   * A call whose reply is JSON. One try, reading the body included, takes `timeoutMs` at most.
   * @throws ApiError, ConnectionError, TimeoutError, AbortError, ReplyError
   */
  request<Schema extends z.ZodType>(
    spec: JsonRequestSpec<Schema>,
    options: RequestOptions = {},
  ): ApiPromise<z.output<Schema>> {
    const reply = this.#send(spec, options, async (response, watch) => {
      const text = await response.text();
      watch.clear();
      return { response, text };
    });
    return new ApiPromise(
      reply.then(({ response, text }): ApiReply<z.output<Schema>> => {
        const requestId = response.headers.get('x-request-id') ?? undefined;
        const said = `The reply to ${spec.method} ${shownUrl(this.#url(spec))}`;
        const data = this.read(spec.schema, text, { said, requestId });
        return { data, status: response.status, headers: response.headers, requestId };
      }),
    );
  }

  /**
   * A call whose reply is read by the caller, as it comes; the time runs until it begins, the
   * signal counts to its end. A reply that is not read to its end is to be cancelled.
   * @throws ApiError, ConnectionError, TimeoutError, AbortError
   */
  open(spec: RequestSpec, options: RequestOptions = {}): Promise<Response> {
    return this.#send(spec, options, async (response, watch) => {
      watch.clear();
      return response;
    });
  }

  async #send<T>(
    spec: RequestSpec,
    options: RequestOptions,
    take: (response: Response, watch: Deadline) => Promise<T>,
  ): Promise<T> {
    const url = this.#url(spec);
    const streamed = spec.raw instanceof ReadableStream;
    const key =
      spec.method === 'POST' ? (options.idempotencyKey ?? newIdempotencyKey()) : undefined;
    const shown = `${spec.method} ${shownUrl(url)}`;
    return withRetries(
      async (retry) => {
        const headers = await this.#headers(spec, { options, key, url });
        this.logger?.debug(shown, { retry, headers: shownHeaders(headers) });
        return this.#try({ spec, options, url, headers, shown }, take);
      },
      {
        maxRetries: streamed ? 0 : (options.maxRetries ?? this.#settings.maxRetries),
        signal: options.signal,
        onRetry: ({ message }, waitMs) =>
          this.logger?.warn(`${shown} is tried again`, { message, waitMs }),
      },
    ).catch((error: unknown) => {
      throw streamed ? explainStreamed(error) : error;
    });
  }

  async #try<T>(
    { spec, options, url, headers, shown }: Try,
    take: (response: Response, watch: Deadline) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.#settings.timeoutMs;
    const watch = deadline(timeoutMs, options.signal);
    try {
      const response = await this.#settings.fetch(url, fetchInit(spec, headers, watch.signal));
      refuseRedirect(response, { url, shown });
      if (response.status >= 400) throw await failedReply(response, shown);
      return await take(response, watch);
    } catch (error) {
      watch.clear();
      if (error instanceof RotoError) throw error;
      if (options.signal?.aborted) throw abortError(options.signal);
      if (watch.expired) throw new TimeoutError(`${shown} had no reply in ${timeoutMs} ms.`);
      throw new ConnectionError(`${shown} failed (${readableReason(error)}).`, {
        cause: error,
        retryable: !willNeverConnect(error),
      });
    }
  }

  #url({ path, query }: RequestSpec): string {
    const url = new URL(/^https?:/.test(path) ? path : `${this.#settings.baseUrl}${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      const values = Array.isArray(value) ? value : [value];
      for (const one of values) {
        if (one !== undefined && one !== null) url.searchParams.append(name, String(one));
      }
    }
    return url.href;
  }

  async #headers(
    spec: RequestSpec,
    { options, key, url }: { options: RequestOptions; key: string | undefined; url: string },
  ): Promise<Record<string, string>> {
    const { apiKey, baseUrl, userAgent } = this.#settings;
    // A presigned address of a store says itself what it allows: our key is not for strangers.
    const ours = new URL(url).origin === new URL(baseUrl).origin;
    const token = ours ? await (typeof apiKey === 'function' ? apiKey() : apiKey) : undefined;
    return mergeHeaders(
      {
        accept: 'application/json',
        'user-agent': userAgent,
        authorization: token === undefined ? undefined : `Bearer ${token}`,
        'idempotency-key': key,
        'content-type': spec.body === undefined ? undefined : 'application/json',
      },
      spec.headers,
      options.headers,
    );
  }

  /**
   * What the server said, by a schema of the contract, tolerant of a newer server.
   * @param said what it is, for the sentence of a failure
   * @throws ReplyError where it is not JSON, or not what the contract says
   */
  read<Schema extends z.ZodType>(
    schema: Schema,
    text: string,
    { said, requestId }: { readonly said: string; readonly requestId?: string | undefined },
  ): z.output<Schema> {
    const parsed = this.#tolerant(schema).safeParse(readJson(text, said, requestId));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'its root';
    throw new ReplyError(`${said} is not what was expected at ${where}: ${issue?.message}.`, {
      requestId,
      cause: parsed.error,
      hint: 'Check that the base URL is that of a roto server, and that this package is not older than it by much.',
    });
  }
}

interface Try {
  readonly spec: RequestSpec;
  readonly options: RequestOptions;
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Method and address, with nothing secret in it. */
  readonly shown: string;
}

function fetchInit(
  spec: RequestSpec,
  headers: Record<string, string>,
  signal: AbortSignal,
): FetchInit {
  const body = spec.body === undefined ? spec.raw : JSON.stringify(spec.body);
  return {
    method: spec.method,
    headers,
    signal,
    // A POST that follows a redirect arrives as a GET, or not at all.
    redirect: spec.method === 'GET' || spec.method === 'HEAD' ? 'follow' : 'manual',
    ...(body === undefined ? {} : { body }),
    ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
  };
}

function refuseRedirect(response: Response, { url, shown }: Pick<Try, 'url' | 'shown'>): void {
  const { status, type } = response;
  if (type !== 'opaqueredirect' && (status < 300 || status === 304 || status >= 400)) return;
  const location = response.headers.get('location') ?? '';
  const place = location !== '' && URL.canParse(location, url) ? new URL(location, url).href : '';
  throw new ConnectionError(`${shown} is redirected${place && ` to ${shownUrl(place)}`}.`, {
    retryable: false,
    hint: 'Set the base URL to the address that the server really has, with its https.',
  });
}

async function failedReply(response: Response, asked: string): Promise<ApiError> {
  const text = response.body === null ? '' : await beginningOf(response.body);
  return ApiError.from({ status: response.status, headers: response.headers, text, asked });
}

/** The first bytes of a reply: an error is short, and what is not is no error of ours. */
async function beginningOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < longestErrorText) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

function readJson(text: string, said: string, requestId: string | undefined): unknown {
  // What a 204 and the like say.
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReplyError(`${said} is not JSON.`, {
      requestId,
      cause,
      hint: 'Check that the base URL is that of a roto server.',
    });
  }
}

/** The same failure, saying also that what was streamed is gone. */
function explainStreamed(error: unknown): unknown {
  if (!(error instanceof ConnectionError || error instanceof TimeoutError)) return error;
  const Class: new (message: string, options: { cause: unknown; hint: string }) => ClientError =
    error instanceof TimeoutError ? TimeoutError : ConnectionError;
  return new Class(`${error.message} It was not tried again: a streamed body can be sent once.`, {
    cause: error.cause,
    hint: 'Call again with a new stream, or give a file or a Blob, which can be read again.',
  });
}

/** What makes a POST happen once: 128 random bits. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `roto-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
