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
