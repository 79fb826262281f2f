import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { type Clock, secondsAfter } from '../clock.ts';
import type { Session } from '../db/queries/users.ts';

/** Seconds that an access token is good for. */
export const accessTokenSeconds = 15 * 60;

const algorithm = 'HS256';
const audience = 'roto';

/** Makes and checks access tokens. */
export interface AccessTokens {
  issue(session: Session): Promise<string>;
  /** What a token says; undefined where it is forged, malformed or too old. */
  verify(token: string): Promise<Session | undefined>;
}

/** Signs with the first secret; what any of them signed counts, so that secrets can be changed. */
export function createAccessTokens(
  [secret, ...previous]: readonly [string, ...string[]],
  clock: Clock,
): AccessTokens {
  const encoder = new TextEncoder();
  const keys = [secret, ...previous].map((text) => encoder.encode(text));
  return {
    issue({ userId, familyId, generation }) {
      const now = clock();
      return new SignJWT({ sid: familyId, gen: generation })
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
          return sessionOf((await jwtVerify(token, key, options)).payload);
        } catch (error) {
          if (!(error instanceof errors.JOSEError)) throw error;
        }
      }
      return undefined;
    },
  };
}

function sessionOf({ sub, sid, gen }: JWTPayload): Session | undefined {
  const isWhole = typeof sub === 'string' && typeof sid === 'string' && typeof gen === 'number';
  return isWhole ? { userId: sub, familyId: sid, generation: gen } : undefined;
}
