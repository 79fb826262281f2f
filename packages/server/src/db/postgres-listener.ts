import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** What a listener is told. */
export interface ListenerCalls {
  readonly onMessage: (payload: string) => void;
  /** A connection was lost or refused; another one is tried. */
  readonly onError: (error: Error) => void;
}

/** Milliseconds before a connection is tried again, doubled each time up to the second one. */
const firstWaitMs = 100;
const longestWaitMs = 5000;

/**
 * Listens on a channel with a connection of its own, because a pool would lend it to others, and
 * opens another one where it is lost. What was said in between is lost too.
 * @returns what ends it
 * @throws the failure of the first connection
 */
export async function listenOn(
  url: string,
  channel: string,
  calls: ListenerCalls,
): Promise<() => Promise<void>> {
  const over = new AbortController();
  let client = await connect(url, channel, calls.onMessage);
  const keep = async () => {
    while (!over.signal.aborted) {
      await lostOf(client, calls.onError);
      if (over.signal.aborted) return;
      client = await reconnect(() => connect(url, channel, calls.onMessage), calls, over.signal);
    }
  };
  const kept = keep().catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  return async () => {
    over.abort();
    await client.end();
    await kept;
  };
}

async function connect(
  url: string,
  channel: string,
  onMessage: (payload: string) => void,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'roto listener',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  // Without a listener a lost connection would end the process.
  client.on('error', () => undefined);
  client.on('notification', ({ payload }) => onMessage(payload ?? ''));
  try {
    await client.connect();
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Resolves once a connection is no more. */
function lostOf(client: pg.Client, onError: (error: Error) => void): Promise<void> {
  return new Promise((resolve) => {
    client.on('error', onError);
    client.once('end', resolve);
  });
}

async function reconnect(
  connectAgain: () => Promise<pg.Client>,
  { onError }: ListenerCalls,
  signal: AbortSignal,
): Promise<pg.Client> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    await sleep(waitMs, undefined, { signal });
    try {
      return await connectAgain();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
