import { createRoute, z } from '@hono/zod-openapi';
import {
  idOf,
  NewWebhook,
  NewWebhookParams,
  PageQuery,
  WebhookDeliveryPage,
  WebhookPage,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { createWebhook, deliveriesOf, removeWebhook, webhooksOf } from '../services/webhooks.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Webhooks'];
const params = z.object({ id: idOf('webhook') });

/** `/api/webhooks`: URLs that are told when tasks end. Their making holds a secret in its reply. */
export function webhookRoutes(deps: Pick<AppDeps, 'db' | 'clock' | 'config'>) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('account:write', { confirmed: true }),
      method: 'post',
      path: '/api/webhooks',
      operationId: 'createWebhook',
      summary: 'Have a URL told when tasks end',
      tags,
      request: { body: jsonBody(NewWebhookParams) },
      responses: { 201: jsonReply(NewWebhook, 'With the secret, said once.'), ...failures },
    }),
    async (c) => c.json(await createWebhook(deps, identityOf(c).user.id, c.req.valid('json')), 201),
  );

  router.openapi(
    createRoute({
      ...access('account:read'),
      method: 'get',
      path: '/api/webhooks',
      operationId: 'listWebhooks',
      summary: "The account's webhooks, newest first",
      tags,
      request: { query: PageQuery },
      responses: { 200: jsonReply(WebhookPage, 'A page of them.'), ...failures },
    }),
    async (c) => c.json(await webhooksOf(deps, identityOf(c).user.id, c.req.valid('query')), 200),
  );

  router.openapi(
    createRoute({
      ...access('account:write'),
      method: 'delete',
      path: '/api/webhooks/{id}',
      operationId: 'deleteWebhook',
      summary: 'Tell a URL no more',
      tags,
      request: { params },
      responses: { 204: { description: 'It is told no more.' }, ...failures },
    }),
    async (c) => {
      await removeWebhook(deps, identityOf(c).user.id, c.req.valid('param').id);
      return c.body(null, 204);
    },
  );

  router.openapi(
    createRoute({
      ...access('account:read'),
      method: 'get',
      path: '/api/webhooks/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What a URL was told, and how that went, newest first',
      tags,
      request: { params, query: PageQuery },
      responses: { 200: jsonReply(WebhookDeliveryPage, 'A page of it.'), ...failures },
    }),
    async (c) => {
      const of = { userId: identityOf(c).user.id, webhookId: c.req.valid('param').id };
      return c.json(await deliveriesOf(deps, of, c.req.valid('query')), 200);
    },
  );

  return router;
}
