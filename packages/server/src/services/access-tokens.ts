import { errors, jwtVerify, SignJWT } from 'jose';
import { type Clock, secondsAfter } from '../clock.ts';

/** Seconds that an access token is good for. */
export const accessTokenSeconds = 15 * 60;

const algorithm = 'HS256';
const audience = 'roto';

/** Makes and checks access tokens. */
export interface AccessTokens {
  issue(userId: string): Promise<string>;
  /** The account a token is of; undefined where it is forged, malformed or too old. */
  verify(token: string): Promise<string | undefined>;
}

/** Signs with the first secret; what any of them signed counts, so that secrets can be changed. */
export function createAccessTokens(
  [secret, ...previous]: readonly [string, ...string[]],
  clock: Clock,
): AccessTokens {
  const encoder = new TextEncoder();
  const keys = [secret, ...previous].map((text) => encoder.encode(text));
  return {
    issue(userId) {
      const now = clock();
      return new SignJWT()
        .setProtectedHeader({ alg: algorithm })
        .setSubject(userId)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(secondsAfter(now, accessTokenSeconds))
        .sign(encoder.encode(secret));
    },
    async verify(token) {
      for (const key of keys) {
        try {
          const options = { algorithms: [algorithm], audience, currentDate: clock() };
          return (await jwtVerify(token, key, options)).payload.sub;
        } catch (error) {
          if (!(error instanceof errors.JOSEError)) throw error;
        }
      }
      return undefined;
    },
  };
}
