/** SQLSTATE codes that the service answers for. */
const states = {
  unique: '23505',
  check: '23514',
  foreignKey: '23503',
} as const;

/**
 * Whether the database refused a row for breaking a constraint, by the constraint's name where one
 * is given. `pg` and PGlite report the same fields.
 */
export function breaksConstraint(
  error: unknown,
  kind: keyof typeof states,
  constraint?: string,
): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (!('code' in error) || error.code !== states[kind]) return false;
  if (constraint === undefined) return true;
  return 'constraint' in error && error.constraint === constraint;
}

/** SQLSTATE codes of text that Postgres cannot hold: with NUL characters, which JSON and URLs may. */
const unstorable: ReadonlySet<unknown> = new Set(['22021', '22P05']);

/** Whether the database refused text for the characters in it. */
export function isUnstorableText(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && unstorable.has(error.code)
  );
}
