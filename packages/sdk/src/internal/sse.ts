import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ApiError, ClientError, ReplyError } from '../errors.ts';
import type { RequestOptions, RequestSpec, Transport } from '../request.ts';
import { retryWaitMs } from '../retry.ts';
import { bodyChunks } from './body-chunks.ts';
import { sleep } from './sleep.ts';

/** One server-sent event. */
export interface ServerEvent {
  /** `message` unless the server named it. */
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

export interface ServerEventsOptions extends RequestOptions {
  /** Milliseconds without a byte, comments included, after which the connection counts as dead. 60,000 unless given. */
  readonly stallMs?: number | undefined;
}

/** Characters an event may have before it counts as not one of ours. */
const longestEvent = 4 * 1024 * 1024;

/**
 * Events of a route, across connections that break: asks again from the last event that came,
 * waiting as long as the server says, or as long as between other tries. Ends where the caller
 * leaves the loop, or the server answers 204. An event sent twice is given once.
 * @throws what any call throws, once `maxRetries` connections in a row brought no event
 */
export async function* serverEvents(
  transport: Transport,
  spec: Pick<RequestSpec, 'path' | 'query'>,
  options: ServerEventsOptions = {},
): AsyncGenerator<ServerEvent, void, undefined> {
  const state: StreamState = { lastId: undefined, waitMs: undefined };
  const maxRetries = options.maxRetries ?? transport.maxRetries;
  for (let barren = 0; ; barren += 1) {
    let failure: unknown;
    try {
      for await (const event of oneConnection({ transport, spec, options, state })) {
        barren = 0;
        yield event;
      }
      if (state.waitMs === ended) return;
    } catch (error) {
      if (!(error instanceof ClientError && error.retryable)) throw error;
      failure = error;
    }
    if (barren >= maxRetries) {
      throw failure ?? new ReplyError('The stream of events ended again and again without one.');
    }
    const asked = failure instanceof ApiError ? failure.retryAfterMs : undefined;
    const waitMs = retryWaitMs(barren, asked ?? state.waitMs);
    if (waitMs === undefined) throw failure;
    transport.logger?.debug('The stream of events is asked for again', { waitMs });
    await sleep(waitMs, options.signal);
  }
}

/** What a server may ask for between connections, in milliseconds: less would be a hot loop. */
const shortestWaitMs = 100;
const longestWaitMs = 60_000;

/** Stands for "do not come back" in {@link StreamState.waitMs}. */
const ended = -1;

interface StreamState {
  lastId: string | undefined;
  /** Milliseconds the server wants between connections. */
  waitMs: number | undefined;
}

interface Connection {
  readonly transport: Transport;
  readonly spec: Pick<RequestSpec, 'path' | 'query'>;
  readonly options: ServerEventsOptions;
  readonly state: StreamState;
}

async function* oneConnection({
  transport,
  spec,
  options,
  state,
}: Connection): AsyncGenerator<ServerEvent, void, undefined> {
  const accept = { accept: 'text/event-stream', 'last-event-id': state.lastId };
  const response = await transport.open(
    { method: 'GET', ...spec, headers: accept },
    { ...options, maxRetries: 0 },
  );
  if (response.status === 204) {
    state.waitMs = ended;
    return;
  }
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    await response.body?.cancel();
    throw new ReplyError('Expected a stream of events but the reply is none.');
  }
  const stallMs = options.stallMs ?? 60_000;
  const chunks = bodyChunks(response, { signal: options.signal, stallMs, what: 'The events' });
  yield* parsed(chunks, state);
}

async function* parsed(
  chunks: AsyncIterable<Uint8Array>,
  state: StreamState,
): AsyncGenerator<ServerEvent, void, undefined> {
  const waiting: EventSourceMessage[] = [];
  let pending = 0;
  const parser = createParser({
    onEvent: (event) => waiting.push(event),
    onRetry: (ms) => {
      state.waitMs = Math.min(Math.max(ms, shortestWaitMs), longestWaitMs);
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    pending = waiting.length > 0 ? 0 : pending + chunk.byteLength;
    if (pending > longestEvent)
      throw new ReplyError(`An event is longer than ${longestEvent} bytes.`);
    for (const { id, event = 'message', data } of waiting.splice(0)) {
      // A proxy, or a server that begins one too early, may send the last one again.
      if (id !== undefined && id === state.lastId) continue;
      state.lastId = id ?? state.lastId;
      yield { event, data, id };
    }
  }
}
