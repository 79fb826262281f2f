import { createRoute } from '@hono/zod-openapi';
import {
  CreditBalance,
  CreditMovementPage,
  Offers,
  PageQuery,
  PurchaseParams,
  StripePage,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { idempotency } from '../middleware/idempotency.ts';
import { purchaseCredits } from '../services/billing.ts';
import { balanceOf, movementsOf, offers } from '../services/credits.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Credits'];

/** `/api/credits`: what an account can spend, and how it came to that. */
export function creditRoutes(deps: AppDeps) {
  const router = newRouter();

  router.openapi(
    createRoute({
      method: 'get',
      path: '/api/offers',
      operationId: 'getOffers',
      summary: 'Tiers and packs of credits',
      tags,
      responses: { 200: jsonReply(Offers, 'What there is to buy.'), ...failures },
    }),
    (c) => c.json(offers(), 200),
  );

  router.openapi(
    createRoute({
      ...access('billing:read'),
      method: 'get',
      path: '/api/credits',
      operationId: 'getCredits',
      summary: 'What the account can spend',
      tags,
      responses: { 200: jsonReply(CreditBalance, 'The balance.'), ...failures },
    }),
    (c) => c.json(balanceOf(deps, identityOf(c).user), 200),
  );

  router.openapi(
    createRoute({
      ...access('billing:read'),
      method: 'get',
      path: '/api/credits/ledger',
      operationId: 'listCreditMovements',
      summary: 'Movements of credits, newest first',
      tags,
      request: { query: PageQuery },
      responses: { 200: jsonReply(CreditMovementPage, 'A page of them.'), ...failures },
    }),
    async (c) => c.json(await movementsOf(deps, identityOf(c).user.id, c.req.valid('query')), 200),
  );

  const purchase = access('billing:write', { confirmed: true });
  router.openapi(
    createRoute({
      ...purchase,
      middleware: [...purchase.middleware, idempotency(deps)],
      method: 'post',
      path: '/api/credits/purchase',
      operationId: 'purchaseCredits',
      summary: 'Buy a pack of credits',
      tags,
      request: { body: jsonBody(PurchaseParams) },
      responses: { 201: jsonReply(StripePage, 'Where it is paid.'), ...failures },
    }),
    async (c) => {
      const url = await purchaseCredits(deps, identityOf(c).user, c.req.valid('json').pack);
      return c.json({ url }, 201);
    },
  );

  return router;
}
