import { apiScopes, Video } from '@roto/sdk/contract';
import { expect, vi } from 'vitest';
import type { AppDeps } from '../../src/deps.ts';
import { newId } from '../../src/new-id.ts';
import { newToken, tokenHash } from '../../src/services/token-hash.ts';
import { insertUser } from './rows.ts';
import { type AskOptions, type StartAppOptions, startApp, type TestApp } from './start-app.ts';

/** An account that is signed in. */
export interface SignedIn {
  readonly userId: string;
  readonly token: string;
  /** A request of this account. */
  as(method: string, path: string, options?: AskOptions): Promise<Response>;
  /** A request of this account with a body that is no JSON. */
  send(
    method: string,
    path: string,
    init: RequestInit & { readonly duplex?: 'half' },
  ): Promise<Response>;
  /** A video of this account. */
  video(id: string): Promise<Video>;
  /** A video of this account once it is neither uploaded nor looked at any more. */
  settled(id: string): Promise<Video>;
}

/** A new confirmed account of an app. */
export async function signIn({ app, deps }: Pick<TestApp, 'app' | 'deps'>): Promise<SignedIn> {
  const userId = await insertUser(deps.db);
  const token = await keyFor(deps, userId);
  const send: SignedIn['send'] = async (method, path, init) => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return app.request(path, { ...init, method, headers });
  };
  const as: SignedIn['as'] = (method, path, { json, headers } = {}) =>
    send(method, path, {
      headers: {
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  const video = async (id: string) => {
    const reply = await as('GET', `/api/videos/${id}`);
    expect(reply.status).toBe(200);
    return Video.parse(await reply.json());
  };
  const settled = (id: string) =>
    vi.waitFor(
      async () => {
        const found = await video(id);
        if (['uploading', 'processing'].includes(found.status)) throw new Error(found.status);
        return found;
      },
      { timeout: 40_000, interval: 100 },
    );
  return { userId, token, as, send, video, settled };
}

/** An API key that may do all: it is good for as long as the test moves its clock. */
async function keyFor({ db }: AppDeps, userId: string): Promise<string> {
  const key = `roto_${newToken()}`;
  const row = { id: newId('apiKey'), user_id: userId, name: 'test', prefix: key.slice(0, 9) };
  await db
    .insertInto('api_keys')
    .values({ ...row, key_hash: tokenHash(key), scopes: [...apiScopes] })
    .execute();
  return key;
}

/** A service and an account on it. */
export async function startSignedIn(options: StartAppOptions = {}) {
  const app = await startApp(options);
  return { ...app, ...(await signIn(app)) };
}
