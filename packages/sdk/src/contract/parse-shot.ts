import type { z } from 'zod';
import { RotoError } from './errors.ts';
import { Shot } from './shot.ts';

/** Objects and lists within each other in any honest shot document are fewer than this. */
const maxDepth = 16;
/** Values in a shot document, counted with everything inside; a bound on the work of checking. */
const maxValues = 1_000_000;

/**
 * Checks a value read from JSON and fills in what may be left out.
 * @throws RotoError `invalid_shot`: one sentence that names the path of the first wrong field,
 * which is also the error's `param`.
 */
export function parseShot(value: unknown): Shot {
  refuseHostileShape(value);
  refuseOtherVersions(value);
  const parsed = Shot.safeParse(value);
  if (!parsed.success) throw invalidField(parsed.error);
  refuseEqualNames(parsed.data);
  return parsed.data;
}

/** Walks without recursion, so that depth cannot exhaust the stack before it is measured. */
function refuseHostileShape(value: unknown): void {
  let level: unknown[] = [value];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    values += level.length;
    if (depth > maxDepth) {
      throw new RotoError(
        'invalid_shot',
        `Expected a shot document at most ${maxDepth} levels deep, but it goes deeper.`,
      );
    }
    if (values > maxValues) {
      throw new RotoError(
        'invalid_shot',
        `Expected a shot document of at most ${maxValues} values, but it has more.`,
      );
    }
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values(item) : [],
    );
  }
}

function refuseOtherVersions(value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RotoError(
      'invalid_shot',
      `Expected a shot document, a JSON object with "schema": "roto.shot/1", but received ${kindOf(value)}.`,
    );
  }
  const schema = 'schema' in value ? value.schema : undefined;
  if (schema === 'roto.shot/1') return;
  const received =
    typeof schema === 'string' ? JSON.stringify(schema.slice(0, 80)) : kindOf(schema);
  throw new RotoError(
    'invalid_shot',
    `Expected schema of the shot document to be "roto.shot/1" but received ${received}.`,
    {
      param: 'schema',
      ...(typeof schema === 'string' && schema.startsWith('roto.shot/')
        ? { hint: 'The document was written by another version of roto; use that version.' }
        : {}),
    },
  );
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** Names become folders and files, on disks that may not tell capitals from small letters. */
function refuseEqualNames(shot: Shot): void {
  const names = new Map<string, number>();
  const ids = new Map<number, number>();
  for (const [index, object] of shot.objects.entries()) {
    const sameName = names.get(object.name.toLowerCase());
    if (sameName !== undefined) {
      throw new RotoError(
        'invalid_shot',
        `Expected every object to have its own name, but objects[${sameName}] and objects[${index}] are both ${JSON.stringify(object.name)}.`,
        { param: `objects[${index}].name` },
      );
    }
    const sameId = ids.get(object.id);
    if (sameId !== undefined) {
      throw new RotoError(
        'invalid_shot',
        `Expected every object to have its own id, but objects[${sameId}] and objects[${index}] both have ${object.id}.`,
        { param: `objects[${index}].id` },
      );
    }
    names.set(object.name.toLowerCase(), index);
    ids.set(object.id, index);
  }
}

function invalidField(error: z.ZodError): RotoError {
  const issue = error.issues[0];
  if (issue === undefined) return new RotoError('invalid_shot', 'The shot document is not valid.');
  const path = fieldPath(issue.path);
  const message = `The shot document is wrong at ${path === '' ? 'its top level' : path}: ${asSentence(issue.message)}`;
  return new RotoError('invalid_shot', message, {
    ...(path === '' ? {} : { param: path }),
    cause: error,
  });
}

function asSentence(message: string): string {
  const lower = message.charAt(0).toLowerCase() + message.slice(1);
  return lower.endsWith('.') ? lower : `${lower}.`;
}

/** `objects[0].prompts[1].frame`. */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
