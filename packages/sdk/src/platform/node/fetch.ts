import type { Dispatcher, EnvHttpProxyAgent, RequestInit, fetch as undiciFetch } from 'undici';
import type { Fetch, FetchDispatcher } from '../../fetch.ts';

/**
 * The `fetch` of undici, over the caller's dispatcher or one that honours `HTTP_PROXY`,
 * `HTTPS_PROXY` and `NO_PROXY`. undici is loaded with the first request, not before.
 */
export function platformFetch(dispatcher: FetchDispatcher | undefined): Fetch {
  let ready: Promise<{ fetch: typeof undiciFetch; dispatcher: Dispatcher }> | undefined;
  return async (url, init) => {
    ready ??= load(dispatcher);
    const undici = await ready;
    // biome-ignore lint/plugin: undici declares the runtime's own body types a second time
    const request = { ...init, dispatcher: undici.dispatcher } as RequestInit;
    const response = await undici.fetch(url, request);
    // biome-ignore lint/plugin: undici declares the same Response as the runtime a second time
    return response as unknown as Response;
  };
}

async function load(
  given: FetchDispatcher | undefined,
): Promise<{ fetch: typeof undiciFetch; dispatcher: Dispatcher }> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  // biome-ignore lint/plugin: FetchDispatcher is the shape of undici's own Dispatcher
  const dispatcher = (given as Dispatcher | undefined) ?? patientAgent(EnvHttpProxyAgent);
  return { fetch, dispatcher };
}

/** The time a call may take is the client's to say: undici's own five minutes would cut it short. */
function patientAgent(Agent: typeof EnvHttpProxyAgent): Dispatcher {
  return new Agent({ headersTimeout: 0, bodyTimeout: 0 });
}
