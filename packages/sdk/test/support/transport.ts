import { platformFetch } from '#platform/fetch';
import { Transport, type TransportSettings } from '../../src/request.ts';

/** The transport a client over `baseUrl` has. */
export function transportTo(baseUrl: string, settings: Partial<TransportSettings> = {}): Transport {
  return new Transport({
    baseUrl,
    apiKey: 'roto_secret',
    timeoutMs: 10_000,
    maxRetries: 2,
    fetch: platformFetch(undefined),
    logger: undefined,
    userAgent: undefined,
    ...settings,
  });
}
