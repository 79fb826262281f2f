/** `retry-after-ms`, or `retry-after` in seconds or as a date, as milliseconds from now. */
export function retryAfterMs(headers: Headers): number | undefined {
  const exact = headers.get('retry-after-ms');
  const header = headers.get('retry-after');
  const ms =
    exact !== null && exact.trim() !== ''
      ? Number(exact)
      : header === null || header.trim() === ''
        ? Number.NaN
        : Number.isFinite(Number(header))
          ? Number(header) * 1000
          : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
