import { RotoError } from '@roto/sdk/contract';
import { EnvHttpProxyAgent, interceptors, request } from 'undici';
import { stopError } from '../stop.ts';
import { rotoVersion } from '../version.ts';
import { shownUrl } from './fetch-part.ts';

const answerMs = 30_000;

/**
 * Bytes of a file on a server, asked without fetching it. Proxies are those of `HTTP_PROXY`,
 * `HTTPS_PROXY`, `NO_PROXY`.
 * @throws RotoError `network_failed`, `interrupted`
 */
export async function remoteSize(url: string, signal?: AbortSignal): Promise<number> {
  const agent = new EnvHttpProxyAgent();
  try {
    const { statusCode, headers, body } = await request(url, {
      method: 'HEAD',
      dispatcher: agent.compose(interceptors.redirect({ maxRedirections: 5 })),
      headersTimeout: answerMs,
      headers: { 'user-agent': `roto/${rotoVersion}`, 'accept-encoding': 'identity' },
      ...(signal === undefined ? {} : { signal }),
    });
    await body.dump();
    const bytes = Number(headers['content-length']);
    if (statusCode === 200 && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    throw new RotoError(
      'network_failed',
      statusCode === 200
        ? `${shownUrl(url)} does not say how long it is.`
        : `${shownUrl(url)} answered with status ${statusCode}.`,
    );
  } catch (cause) {
    if (signal?.aborted) throw stopError(signal);
    if (cause instanceof RotoError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RotoError('network_failed', `${shownUrl(url)} could not be reached (${reason}).`, {
      cause,
    });
  } finally {
    await agent.destroy();
  }
}
