/** What a request may carry. A stream is sent once: a request with one is never tried again. */
export type RequestBody =
  | string
  | Blob
  | FormData
  | Uint8Array<ArrayBuffer>
  | ReadableStream<Uint8Array>;

/** What a {@link Fetch} is called with. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: RequestBody;
  readonly signal: AbortSignal;
  readonly redirect: 'follow' | 'manual';
  /** Set with a streamed body, which `fetch` asks for. */
  readonly duplex?: 'half';
}

/** `fetch` as far as this package uses it; `globalThis.fetch` and a Hono app's `request` are such. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response> | Response;

/** An undici `Dispatcher` (`Agent`, `ProxyAgent`, `MockAgent`), taken by its shape. */
export interface FetchDispatcher {
  dispatch(options: object, handler: object): boolean;
}
