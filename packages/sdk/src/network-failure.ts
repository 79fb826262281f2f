/** Failures that a second try meets again: no such host, or a certificate that does not hold. */
const lasting =
  /^(ENOTFOUND|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_INVALID_|UND_ERR_INVALID_ARG)/;

/** What lies under the `fetch failed` of a runtime, outermost first. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  for (let next = error; next instanceof Error && found.length < 8; next = next.cause) {
    found.push(next);
    // A host with several addresses: one failure each.
    if (next instanceof AggregateError)
      found.push(...next.errors.filter((e) => e instanceof Error));
  }
  return found;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether no connection will come about, however often it is tried. */
export function willNeverConnect(error: unknown): boolean {
  return causes(error).some((cause) => lasting.test(codeOf(cause)));
}

/** The reason of a failed `fetch`, for a person: that of the innermost error which has one. */
export function readableReason(error: unknown): string {
  const said = causes(error).findLast(({ message }) => message !== '');
  const code = causes(error)
    .map(codeOf)
    .findLast((found) => found !== '');
  return said?.message ?? code ?? String(error);
}
