import { ApiScope } from '@roto/sdk/contract';
import { z } from 'zod';
import type { TestApp } from './start-app.ts';

/** A JSON schema, as far as tests look into it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An operation of the OpenAPI document. */
export interface Operation {
  readonly operationId: string;
  /** In capitals. */
  readonly method: string;
  /** With `{id}` and the like. */
  readonly path: string;
  /** Undefined where it is open to everybody. */
  readonly scope: ApiScope | undefined;
  readonly confirmed: boolean;
  readonly login: boolean;
  /** Of its JSON body; undefined where it has none. */
  readonly body: JsonSchema | undefined;
  readonly parameters: readonly { name: string; in: string; schema?: JsonSchema | undefined }[];
}

const record = z.record(z.string(), z.unknown());

const OpenApiDocument = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        security: z.array(z.object({ bearer: z.array(ApiScope) })).optional(),
        'x-roto-access': z.object({ confirmed: z.boolean(), login: z.boolean() }).optional(),
        parameters: z
          .array(z.looseObject({ name: z.string(), in: z.string(), schema: record.optional() }))
          .optional(),
        requestBody: z
          .looseObject({
            content: z.record(z.string(), z.looseObject({ schema: record.optional() })),
          })
          .optional(),
      }),
    ),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), record) }),
});

/** Every operation that the service describes. */
export async function operationsOf(app: TestApp): Promise<Operation[]> {
  return (await describe(app)).operations;
}

/** Every operation, and the schemas that they name. */
export async function describe(app: TestApp) {
  const reply = await app.ask('GET', '/api/openapi.json');
  const { paths, components } = OpenApiDocument.parse(await reply.json());
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const { security, parameters = [], requestBody } = operation;
      const access = operation['x-roto-access'];
      return {
        operationId: operation.operationId,
        method: method.toUpperCase(),
        path,
        scope: security?.[0]?.bearer[0],
        confirmed: access?.confirmed ?? false,
        login: access?.login ?? false,
        body: requestBody?.content['application/json']?.schema,
        parameters,
      };
    }),
  );
  return { operations, schemas: components.schemas };
}
