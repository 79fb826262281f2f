/** A reply and what came around it. */
export interface ApiReply<T> {
  readonly data: T;
  readonly status: number;
  readonly headers: Headers;
  /** What to quote when asking about this call. */
  readonly requestId: string | undefined;
}

/** A call under way: `await` gives what was asked for, `withResponse()` also status and headers. */
export class ApiPromise<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'ApiPromise';
  readonly #reply: Promise<ApiReply<T>>;

  constructor(reply: Promise<ApiReply<T>>) {
    this.#reply = reply;
  }

  /** What was asked for, with the reply's status and headers. */
  withResponse(): Promise<ApiReply<T>> {
    return this.#reply;
  }

  /** The same call with its result made into something else. */
  map<U>(make: (data: T) => U): ApiPromise<U> {
    return new ApiPromise(this.#reply.then((reply) => ({ ...reply, data: make(reply.data) })));
  }

  // biome-ignore lint/suspicious/noThenProperty: this is a promise
  then<Kept = T, Lost = never>(
    kept?: ((data: T) => Kept | PromiseLike<Kept>) | null,
    lost?: ((reason: unknown) => Lost | PromiseLike<Lost>) | null,
  ): Promise<Kept | Lost> {
    return this.#reply.then(({ data }) => data).then(kept, lost);
  }

  catch<Lost = never>(
    lost?: ((reason: unknown) => Lost | PromiseLike<Lost>) | null,
  ): Promise<T | Lost> {
    return this.then(null, lost);
  }

  finally(done?: (() => void) | null): Promise<T> {
    return this.then().finally(done);
  }
}
