/** Headers by name; null takes one away that would be sent otherwise. */
export type HeaderChanges = Readonly<Record<string, string | null | undefined>>;

/** One set of headers, names in lower case, later ones over earlier ones. */
export function mergeHeaders(
  ...sets: readonly (HeaderChanges | undefined)[]
): Record<string, string> {
  const merged = new Map<string, string>();
  for (const [name, value] of sets.flatMap((set) => Object.entries(set ?? {}))) {
    if (value === null) merged.delete(name.toLowerCase());
    else if (value !== undefined) merged.set(name.toLowerCase(), value);
  }
  return Object.fromEntries(merged);
}
