import { createSha256 } from '#platform/sha256';

/** What an upload is remembered by: the same for the same parts, and nothing can be read from it. */
export function uploadKey(...parts: readonly (string | number | undefined)[]): string {
  const hash = createSha256();
  hash.update(new TextEncoder().encode(parts.join('\n')));
  return hash.hex();
}
