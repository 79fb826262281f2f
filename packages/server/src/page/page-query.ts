import { PageQuery, RotoError } from '@roto/sdk/contract';

/**
 * Which page of a list an address asks for.
 * @throws RotoError `invalid_argument`
 */
export function pageQuery(cursor: string | undefined, limit: number): PageQuery {
  const { success, data } = PageQuery.safeParse({ limit, cursor });
  if (success) return data;
  throw new RotoError('invalid_argument', 'Expected the link to the next page as it was given.');
}
