import { createRoute, z } from '@hono/zod-openapi';
import { ApiKeyPage, idOf, NewApiKey, NewApiKeyParams, PageQuery } from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { apiKeysOf, createApiKey, endApiKey } from '../services/api-keys.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['API keys'];

/** `/api/api-keys`: keys for pipelines. Their making is not idempotent: the reply holds a secret. */
export function apiKeyRoutes(deps: Pick<AppDeps, 'db' | 'clock'>) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('account:write', { login: true, confirmed: true }),
      method: 'post',
      path: '/api/api-keys',
      operationId: 'createApiKey',
      summary: 'Make an API key',
      tags,
      request: { body: jsonBody(NewApiKeyParams) },
      responses: { 201: jsonReply(NewApiKey, 'The key, said once.'), ...failures },
    }),
    async (c) => c.json(await createApiKey(deps, identityOf(c), c.req.valid('json')), 201),
  );

  router.openapi(
    createRoute({
      ...access('account:read'),
      method: 'get',
      path: '/api/api-keys',
      operationId: 'listApiKeys',
      summary: "The account's API keys, newest first",
      tags,
      request: { query: PageQuery },
      responses: { 200: jsonReply(ApiKeyPage, 'A page of them.'), ...failures },
    }),
    async (c) => c.json(await apiKeysOf(deps, identityOf(c).user.id, c.req.valid('query')), 200),
  );

  router.openapi(
    createRoute({
      ...access('account:write'),
      method: 'delete',
      path: '/api/api-keys/{id}',
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      tags,
      request: { params: z.object({ id: idOf('apiKey') }) },
      responses: { 204: { description: 'The key does not count any more.' }, ...failures },
    }),
    async (c) => {
      await endApiKey(deps, { userId: identityOf(c).user.id, id: c.req.valid('param').id });
      return c.body(null, 204);
    },
  );

  return router;
}
