import { RotoError } from '../../contract/errors.ts';
import type { Fetch, FetchDispatcher } from '../../fetch.ts';

/**
 * The `fetch` of a runtime that brings its own.
 * @throws RotoError `invalid_argument` where a dispatcher is given: only Node has undici
 */
export function platformFetch(dispatcher: FetchDispatcher | undefined): Fetch {
  if (dispatcher !== undefined) {
    throw new RotoError(
      'invalid_argument',
      'Expected no dispatcher on this runtime: only on Node are requests made by undici.',
      { param: 'dispatcher', hint: 'Give a fetch that does what the dispatcher would.' },
    );
  }
  return (url, init) => globalThis.fetch(url, init);
}
