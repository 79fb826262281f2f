import type { Insertable, Selectable } from 'kysely';
import type { IdempotencyKeysTable } from '../tables/service.ts';
import type { Db } from '../types.ts';

/** Milliseconds after which a request that was never answered counts as lost with its process. */
const lostAfterMs = 10 * 60_000;

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
    .values(row)
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
          expires_at: row.expires_at,
        })
        .where((where) =>
          where.or([
            where('idempotency_keys.expires_at', '<=', now),
            where.and([
              where('idempotency_keys.response_status', 'is', null),
              where('idempotency_keys.created_at', '<=', lost),
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

export async function keepResponse(
  db: Db,
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

export async function dropIdempotencyKey(db: Db, { owner, key }: OwnedKey): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('owner', '=', owner)
    .where('key', '=', key)
    .execute();
}
