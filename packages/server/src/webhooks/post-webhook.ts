import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { version } from '../version.ts';
import { checkPublicUrl, publicLookup } from './public-address.ts';

/** Milliseconds for the connection, and again for the answer. */
const patienceMs = 10_000;

/** A message, and where it goes. */
export interface WebhookPost {
  readonly url: string;
  readonly secret: string;
  /** JSON. */
  readonly body: string;
  /** When it is sent. */
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Posts signed messages to URLs that strangers chose; gives the status of the answer. */
export interface WebhookPoster {
  post(message: WebhookPost): Promise<number>;
  close(): Promise<void>;
}

/**
 * @param isPrivateAllowed true where webhooks may go to private addresses, too
 */
export function createWebhookPoster(isPrivateAllowed: boolean): WebhookPoster {
  const agent = new Agent({
    connect: { timeout: patienceMs, ...(isPrivateAllowed ? {} : { lookup: publicLookup }) },
    headersTimeout: patienceMs,
    bodyTimeout: patienceMs,
    // Kept connections would outlive what their address was checked for.
    pipelining: 0,
  });
  return {
    async post({ url, secret, body, now, signal }) {
      // A literal address is never looked up.
      if (!isPrivateAllowed) checkPublicUrl(url);
      const { statusCode, body: answer } = await request(url, {
        method: 'POST',
        dispatcher: agent,
        signal,
        body,
        headers: {
          'Content-Type': 'application/json',
          'User-Agent': `roto/${version}`,
          'roto-signature': signatureOf(body, secret, now),
        },
      });
      // What it says does not matter, and has no end of length.
      answer.on('error', () => undefined).destroy();
      return statusCode;
    },
    close: () => agent.close(),
  };
}

/** `t=<seconds>,v1=<hex>`: the HMAC-SHA-256 of `<seconds>.<body>`. */
function signatureOf(body: string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const hex = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${hex}`;
}
