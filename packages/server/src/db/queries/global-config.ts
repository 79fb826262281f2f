import type { Db, Trx } from '../types.ts';

/** Settings that were changed. */
export function findSettings(db: Db | Trx): Promise<{ key: string; value: number }[]> {
  return db.selectFrom('global_config').select(['key', 'value']).execute();
}

export async function putSetting(
  trx: Trx,
  row: { readonly key: string; readonly value: number; readonly updated_at: Date },
): Promise<void> {
  const { value, updated_at } = row;
  await trx
    .insertInto('global_config')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value, updated_at }))
    .execute();
}
