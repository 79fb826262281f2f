import { inTransaction } from '../../../server/src/db/transaction.ts';
import { grant } from '../../../server/src/services/ledger.ts';
import { startSignedIn } from '../../../server/test/support/signed-in.ts';
import type { StartAppOptions } from '../../../server/test/support/start-app.ts';
import type { Fetch } from '../../src/fetch.ts';
import { Roto, type RotoOptions } from '../../src/index.ts';

/** A service in this process, and how one speaks to it. */
export interface ServiceClient extends Awaited<ReturnType<typeof startSignedIn>> {
  readonly fetch: Fetch;
  /** Signed in to an account with credits. */
  readonly roto: Roto;
  /** The same with other options. */
  clientWith(options: RotoOptions): Roto;
}

/** A real service in this process, and a client signed in to an account with credits. */
export async function startServiceClient(options: StartAppOptions = {}): Promise<ServiceClient> {
  const service = await startSignedIn(options);
  const { app, deps, userId, token } = service;
  await inTransaction(deps.db, (trx) => grant(trx, deps, { userId, credits: 100 }));
  const fetch: Fetch = (url, init) => app.request(url, { ...init });
  const clientWith = (more: RotoOptions): Roto =>
    new Roto({ baseUrl: 'http://roto.test', apiKey: token, fetch, ...more });
  return { ...service, fetch, clientWith, roto: clientWith({}) };
}
