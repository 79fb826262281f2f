import type { Insertable, Selectable } from 'kysely';
import type { IdempotencyKeysTable } from '../tables/service.ts';
import type { Db, Trx } from '../types.ts';

/** Milliseconds without a sign of life after which a request counts as lost with its process. */
const lostAfterMs = 60_000;

/** Who used a key, and which. */
export interface OwnedKey {
  readonly owner: string;
  readonly key: string;
}

/**
 * Takes a key for a request, and gives undefined; or gives what it was used for before. A key whose
 * answer is too old to be kept, or whose request was lost, is taken anew.
 */
export async function claimIdempotencyKey(
  db: Db,
  row: Insertable<IdempotencyKeysTable>,
  now: Date,
): Promise<Selectable<IdempotencyKeysTable> | undefined> {
  const lost = new Date(now.getTime() - lostAfterMs);
  const claimed = await db
    .insertInto('idempotency_keys')
    .values({ ...row, seen_at: now })
    .onConflict((conflict) =>
      conflict
        .columns(['owner', 'key'])
        .doUpdateSet({
          method: row.method,
          path: row.path,
          request_hash: row.request_hash,
          response_status: null,
          response_type: null,
          response_body: null,
          seen_at: now,
          expires_at: row.expires_at,
        })
        .where((where) =>
          where.or([
            where('idempotency_keys.expires_at', '<=', now),
            where.and([
              where('idempotency_keys.response_status', 'is', null),
              where(
                where.fn.coalesce('idempotency_keys.seen_at', 'idempotency_keys.created_at'),
                '<=',
                lost,
              ),
            ]),
          ]),
        ),
    )
    .returning('key')
    .executeTakeFirst();
  if (claimed !== undefined) return undefined;
  return db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('owner', '=', row.owner)
    .where('key', '=', row.key)
    .executeTakeFirst();
}

/** Gives a sign of life of a request that is not answered yet. */
export async function keepIdempotencyKey(
  db: Db,
  { owner, key }: OwnedKey,
  now: Date,
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ seen_at: now })
    .where('owner', '=', owner)
    .where('key', '=', key)
    .where('response_status', 'is', null)
    .execute();
}

/** Keeps the answer to a request. */
export async function keepResponse(
  db: Db | Trx,
  { owner, key }: OwnedKey,
  response: Pick<
    Selectable<IdempotencyKeysTable>,
    'response_status' | 'response_type' | 'response_body'
  >,
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set(response)
    .where('owner', '=', owner)
    .where('key', '=', key)
    .execute();
}

/** Lets a request be tried again, unless its answer was kept. */
export async function dropIdempotencyKey(db: Db, { owner, key }: OwnedKey): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('owner', '=', owner)
    .where('key', '=', key)
    .where('response_status', 'is', null)
    .execute();
}

/** Forgets requests that were lost with the only process there was. */
export async function dropLostKeys(db: Db): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('response_status', 'is', null).execute();
}
