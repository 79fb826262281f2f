import { createRoute, z } from '@hono/zod-openapi';
import {
  AutoRenewalParams,
  Membership,
  StripeEventReceipt,
  StripePage,
  TierParams,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { idempotency } from '../middleware/idempotency.ts';
import { changeTier, openPortal, setAutoRenewal, subscribe } from '../services/billing.ts';
import { receiveStripeEvent } from '../services/stripe-events.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Billing'];

type Router = ReturnType<typeof newRouter>;

/** `/api/stripe`: subscriptions, and what Stripe tells. */
export function stripeRoutes(deps: AppDeps) {
  const router = newRouter();
  addPages(router, deps);
  addSubscription(router, deps);
  addWebhook(router, deps);
  return router;
}

/** What every route that charges needs: each answer is given once for its Idempotency-Key. */
function charging(deps: AppDeps) {
  const needed = access('billing:write', { confirmed: true });
  return { ...needed, middleware: [...needed.middleware, idempotency(deps)] };
}

function addPages(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...charging(deps),
      method: 'post',
      path: '/api/stripe/checkout',
      operationId: 'subscribe',
      summary: 'Subscribe to a tier',
      tags,
      request: { body: jsonBody(TierParams) },
      responses: { 201: jsonReply(StripePage, 'Where it is paid.'), ...failures },
    }),
    async (c) => {
      const url = await subscribe(deps, identityOf(c).user, c.req.valid('json').tier);
      return c.json({ url }, 201);
    },
  );

  router.openapi(
    createRoute({
      ...charging(deps),
      method: 'post',
      path: '/api/stripe/portal',
      operationId: 'openPortal',
      summary: 'Invoices and ways to pay',
      tags,
      responses: { 201: jsonReply(StripePage, 'Where they are.'), ...failures },
    }),
    async (c) => c.json({ url: await openPortal(deps, identityOf(c).user) }, 201),
  );
}

function addSubscription(router: Router, deps: AppDeps): void {
  const responses = { 200: jsonReply(Membership, 'The membership as it is now.'), ...failures };

  router.openapi(
    createRoute({
      ...charging(deps),
      method: 'post',
      path: '/api/stripe/change-tier',
      operationId: 'changeTier',
      summary: 'Move to another tier: up at once, down at the end of the period',
      tags,
      request: { body: jsonBody(TierParams) },
      responses,
    }),
    async (c) => c.json(await changeTier(deps, identityOf(c).user, c.req.valid('json').tier), 200),
  );

  for (const [name, isOn] of [
    ['cancel', false],
    ['resume', true],
  ] as const) {
    router.openapi(
      createRoute({
        ...charging(deps),
        method: 'post',
        path: `/api/stripe/${name}`,
        operationId: `${name}Subscription`,
        summary: isOn
          ? 'Take a cancellation back'
          : 'Cancel the subscription at the end of its period',
        tags,
        responses,
      }),
      async (c) => c.json(await setAutoRenewal(deps, identityOf(c).user, isOn), 200),
    );
  }

  router.openapi(
    createRoute({
      ...charging(deps),
      method: 'post',
      path: '/api/stripe/auto-renewal',
      operationId: 'setAutoRenewal',
      summary: 'Say whether the subscription goes on after its period',
      tags,
      request: { body: jsonBody(AutoRenewalParams) },
      responses,
    }),
    async (c) => {
      const { auto_renewal: isOn } = c.req.valid('json');
      return c.json(await setAutoRenewal(deps, identityOf(c).user, isOn), 200);
    },
  );
}

function addWebhook(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/stripe/webhook',
      operationId: 'receiveStripeEvent',
      summary: 'What Stripe tells; signed by it',
      tags,
      request: { headers: z.object({ 'stripe-signature': z.string().max(2000).optional() }) },
      responses: { 200: jsonReply(StripeEventReceipt, 'It was taken.'), ...failures },
    }),
    async (c) => {
      const signature = c.req.valid('header')['stripe-signature'];
      await receiveStripeEvent(deps, { body: await c.req.text(), signature });
      return c.json({ received: true as const }, 200);
    },
  );
}
