import { ApiErrorBody } from '@roto/sdk/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addMember } from './support/members.ts';
import { describe, type JsonSchema, type Operation } from './support/operations.ts';
import { type AskOptions, startApp, type TestApp } from './support/start-app.ts';

/** Calls of each operation, by who makes them. */
const runs = { anonymous: 4, user: 8, admin: 8 };
/** Codes of replies above 499 that are no faults. */
const unavailable = ['billing_unavailable', 'unavailable', 'preview_busy'];
/** What no reply may hold: places in the code, statements, secrets. */
const leaks = /node_modules|\.ts:\d|at async |insert into|select .* from|hashed_password|argon2/i;

/** Values for a schema: often fitting, often nearly so, sometimes anything. */
function arbitraryOf(
  schema: JsonSchema,
  schemas: Record<string, JsonSchema>,
): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: fittingOf(schema, schemas) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

const strings = fc.oneof(
  fc.string({ maxLength: 30, unit: 'binary' }),
  fc.constantFrom('', '\u0000', "'; drop table users; --", '../../etc/passwd', '𝕏'.repeat(300)),
);

function fittingOf(schema: JsonSchema, schemas: Record<string, JsonSchema>): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, enum: values, type, example } = schema;
  if (typeof $ref === 'string') {
    return arbitraryOf(schemas[$ref.split('/').at(-1) ?? ''] ?? {}, schemas);
  }
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) {
    return fc.oneof(...choices.map((choice: JsonSchema) => arbitraryOf(choice, schemas)));
  }
  if (Array.isArray(values)) return fc.constantFrom(...values);
  if (type === 'object') return objectOf(schema, schemas);
  if (type === 'array') {
    return fc.array(arbitraryOf(asSchema(schema['items']), schemas), { maxLength: 4 });
  }
  if (type === 'boolean') return fc.boolean();
  if (type === 'integer') return fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constant(-0.5));
  if (type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true });
  return example === undefined ? strings : fc.oneof(strings, fc.constant(example));
}

function objectOf(schema: JsonSchema, schemas: Record<string, JsonSchema>): fc.Arbitrary<unknown> {
  const properties = Object.entries(asSchema(schema['properties']));
  const model = Object.fromEntries(
    properties.map(([name, inner]) => [name, arbitraryOf(asSchema(inner), schemas)]),
  );
  return fc.record(model, { requiredKeys: properties.slice(0, 2).map(([name]) => name) });
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** One call, as it is made. */
interface Call {
  readonly path: string;
  readonly json: unknown;
}

function callOf(operation: Operation, schemas: Record<string, JsonSchema>): fc.Arbitrary<Call> {
  const values = fc.record(
    Object.fromEntries(
      operation.parameters.map(({ name, schema = {} }) => [name, arbitraryOf(schema, schemas)]),
    ),
  );
  const body =
    operation.body === undefined ? fc.constant(undefined) : arbitraryOf(operation.body, schemas);
  return fc.tuple(values, body).map(([given, json]) => {
    const query = new URLSearchParams();
    let { path } = operation;
    for (const parameter of operation.parameters) {
      const text = textOf(given[parameter.name]);
      if (parameter.in === 'path') {
        path = path.replace(`{${parameter.name}}`, encodeURIComponent(text) || 'x');
      }
      if (parameter.in === 'query') query.set(parameter.name, text);
    }
    return { path: `${path}?${query}`, json };
  });
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : `${JSON.stringify(value)}`).toWellFormed();
}

async function check(
  app: TestApp,
  { method }: Operation,
  { path, json }: Call,
  caller: Pick<AskOptions, 'token' | 'headers'>,
) {
  const reply = await app.ask(method, path, { ...caller, ...(method === 'GET' ? {} : { json }) });
  const text = await reply.text();
  const said = `${method} ${path} ${JSON.stringify(json)} -> ${reply.status} ${text.slice(0, 300)}`;
  if (reply.status < 400) return;
  const { error } = ApiErrorBody.parse(JSON.parse(text), { error: () => said });
  const isFault = reply.status >= 500 && !unavailable.includes(error.code);
  expect([isFault, leaks.test(text)], said).toEqual([false, false]);
}

/** One who calls, anew for each operation: requests are counted by account, else by address. */
async function callerOf(app: TestApp, who: keyof typeof runs, index: number) {
  if (who === 'anonymous') return { headers: { 'X-Forwarded-For': `192.0.2.${index % 256}` } };
  const { token } = await addMember(app, { isSuper: who === 'admin' });
  return { token };
}

it.each(['anonymous', 'user', 'admin'] as const)(
  'answers anything that is sent to any endpoint by %s without a fault and without a leak',
  async (who) => {
    const app = await startApp({ env: { ROTO_TRUSTED_PROXIES: '1' } });
    const { operations, schemas } = await describe(app);
    for (const [index, operation] of operations.entries()) {
      const caller = await callerOf(app, who, index);
      await fc.assert(
        fc.asyncProperty(callOf(operation, schemas), (call) => check(app, operation, call, caller)),
        { numRuns: runs[who] },
      );
    }
  },
);
