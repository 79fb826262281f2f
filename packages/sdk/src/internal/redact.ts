const secretHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'idempotency-key',
  'upload-metadata',
]);

/** Segments this long are tokens, not ids: whoever has one can confirm an account with it. */
const tokenLength = 40;

/** An address without what may be secret in it: user, password, query, and tokens in its path. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  const segments = pathname.split('/').map((part) => (part.length < tokenLength ? part : '…'));
  return `${origin}${segments.join('/')}`;
}

/** Headers as they may be logged. */
export function shownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    secretHeaders.has(name.toLowerCase()) ? '[redacted]' : value,
  ]);
  return Object.fromEntries(shown);
}
