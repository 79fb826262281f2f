import { type PageQuery, RotoError } from '@roto/sdk/contract';
import type { ListPart, ListPlace } from '../db/list-place.ts';

/** One page, as `pageOf` of the contract has it. */
export interface ListPage<T> {
  data: T[];
  nextCursor: string | null;
}

/** A row that a list is in order of. */
interface Placed {
  readonly created_at: Date;
  readonly id: string;
}

/**
 * One page of a list that is in order of `created_at`, newest first, then of `id`. One row more than
 * the page is asked for: it says whether there is a next page.
 * @throws RotoError `invalid_argument` where the cursor is none of ours
 */
export async function listPage<Row extends Placed, T>(
  { limit, cursor }: PageQuery,
  find: (part: ListPart) => Promise<readonly Row[]>,
  toEntry: (row: Row) => T,
): Promise<ListPage<T>> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rows = await find({ limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { data: shown.map(toEntry), nextCursor: hasMore ? writeCursor(last) : null };
}

function writeCursor({ created_at, id }: Placed): string {
  return Buffer.from(`${created_at.getTime()} ${id}`).toString('base64url');
}

function readCursor(cursor: string): ListPlace {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, time, id] = /^(\d{1,15}) ([a-z]{3}_\w{1,40})$/.exec(text) ?? [];
  if (time !== undefined && id !== undefined) return { createdAt: new Date(Number(time)), id };
  throw new RotoError('invalid_argument', 'Expected the nextCursor of the page before.', {
    param: 'cursor',
  });
}
