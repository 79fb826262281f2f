import { RotoError } from '../contract/errors.ts';

/**
 * A path with each value percent-encoded, so that an id can neither leave its segment nor its
 * route: ``path`/api/videos/${id}` ``.
 * @throws RotoError `invalid_argument` where a value is empty, `.` or `..`
 */
export function path(
  strings: TemplateStringsArray,
  ...values: readonly (string | number)[]
): string {
  return strings.reduce((before, after, index) => {
    const value = values[index - 1];
    return `${before}${value === undefined ? '' : encodeSegment(String(value))}${after}`;
  });
}

function encodeSegment(value: string): string {
  // Servers and proxies resolve these before any route is looked at, encoded or not.
  if (value === '' || value === '.' || value === '..') {
    throw new RotoError(
      'invalid_argument',
      `Expected an id to put into a path but received ${JSON.stringify(value)}.`,
    );
  }
  return encodeURIComponent(value.toWellFormed());
}
