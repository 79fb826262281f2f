import { createRoute, z } from '@hono/zod-openapi';
import {
  ConfirmResult,
  LoginParams,
  MailToken,
  RegisterParams,
  RegisterResult,
  TokenPair,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { idempotency } from '../middleware/idempotency.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { confirmEmail, login, register } from '../services/accounts.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Auth'];

/** `/api/auth`: accounts are made and signed in to. */
export function authRoutes(deps: AppDeps) {
  const router = newRouter();
  router.use('/api/auth/*', rateLimit({ name: 'auth', requests: 20, seconds: 60, by: 'address' }));

  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/auth/register',
      operationId: 'register',
      summary: 'Make an account',
      tags,
      middleware: [idempotency(deps)],
      request: { body: jsonBody(RegisterParams) },
      responses: { 202: jsonReply(RegisterResult, 'A mail says how to go on.'), ...failures },
    }),
    async (c) => {
      const params = c.req.valid('json');
      await register(deps, params);
      return c.json({ status: 'mail_sent' as const, email: params.email }, 202);
    },
  );

  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/auth/login',
      operationId: 'login',
      summary: 'Sign in',
      tags,
      request: { body: jsonBody(LoginParams) },
      responses: { 200: jsonReply(TokenPair, 'Tokens of the account.'), ...failures },
    }),
    async (c) => c.json(await login(deps, c.req.valid('json')), 200),
  );

  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/auth/confirm/{token}',
      operationId: 'confirmEmail',
      summary: 'Confirm an address with the token of its mail',
      tags,
      request: { params: z.object({ token: MailToken }) },
      responses: { 200: jsonReply(ConfirmResult, 'The address is confirmed.'), ...failures },
    }),
    async (c) => {
      await confirmEmail(deps, c.req.valid('param').token);
      return c.json({ status: 'confirmed' as const }, 200);
    },
  );

  return router;
}
