import { randomBytes, timingSafeEqual } from 'node:crypto';
import { RotoError } from '@roto/sdk/contract';
import type { MiddlewareHandler } from 'hono';

/** Names that mean this machine whatever a name server says. */
const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Who may use a page. The link that is printed carries a token which is good once; whoever comes
 * with it gets the key that every later request has to carry. A cookie would go to every server of
 * this machine, whoever runs it.
 */
export class PageAccess {
  readonly token: string = secret();
  readonly #key = secret();
  #uses = 0;

  /**
   * The key, for whoever has the token.
   * @throws RotoError `forbidden` for a wrong token and for one that was used
   */
  redeem(token: string): string {
    if (!isEqual(token, this.token)) {
      throw new RotoError('forbidden', 'This link is not the one that roto printed.');
    }
    if (this.#uses > 0) {
      throw new RotoError('forbidden', 'This link was used already.', {
        hint: 'The page it opened is still there, without the token in its address.',
      });
    }
    this.#uses += 1;
    return this.#key;
  }

  /** Lets through what carries the key, as `Authorization: Bearer`. */
  readonly keyOnly: MiddlewareHandler = async (c, next) => {
    const [, key = ''] = /^Bearer (.+)$/.exec(c.req.header('Authorization') ?? '') ?? [];
    if (!isEqual(key, this.#key)) {
      throw new RotoError('forbidden', 'This page was not opened by the link that roto printed.');
    }
    await next();
  };
}

/**
 * Refuses what a page of somebody else may have sent: another name in `Host` is a name that was
 * pointed at this machine, another `Origin` is a page from elsewhere.
 * @throws RotoError `forbidden`
 */
export const fromHereOnly: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('Host') ?? '';
  const origin = c.req.header('Origin');
  const site = c.req.header('Sec-Fetch-Site');
  if (!loopbackNames.has(host.replace(/:\d+$/, '').toLowerCase())) {
    throw new RotoError('forbidden', 'This page is only there under the name of this machine.');
  }
  const fromElsewhere = origin !== undefined && origin !== `http://${host}`;
  const bySite = site !== undefined && site !== 'same-origin' && site !== 'none';
  // A link on another page may lead here, where the token is asked for.
  if (fromElsewhere || (bySite && c.req.path.startsWith('/api/'))) {
    throw new RotoError('forbidden', 'Another page made the browser send this.');
  }
  await next();
};

function secret(): string {
  return randomBytes(24).toString('base64url');
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
