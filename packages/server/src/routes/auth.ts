import { createRoute, z } from '@hono/zod-openapi';
import {
  ConfirmResult,
  LoginParams,
  MailParams,
  MailToken,
  RefreshParams,
  RegisterParams,
  RegisterResult,
  ResetPasswordParams,
  ResetPasswordResult,
  TokenPair,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { idempotency } from '../middleware/idempotency.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import {
  confirmEmail,
  register,
  requestPasswordReset,
  resendConfirmation,
  resetPassword,
} from '../services/accounts.ts';
import { login, logout, refresh } from '../services/logins.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Auth'];

/** `/api/auth`: accounts are made and signed in to. */
export function authRoutes(deps: AppDeps) {
  const router = newRouter();
  router.use('/api/auth/*', rateLimit({ name: 'auth', requests: 20, seconds: 60, by: 'address' }));
  addLogins(router, deps);
  addConfirmation(router, deps);
  addPasswordReset(router, deps);
  return router;
}

type Router = ReturnType<typeof newRouter>;

function addLogins(router: Router, deps: AppDeps): void {
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
      path: '/api/auth/refresh',
      operationId: 'refresh',
      summary: 'Get the next pair of tokens for a refresh token, which is used up',
      tags,
      request: { body: jsonBody(RefreshParams) },
      responses: { 200: jsonReply(TokenPair, 'Tokens of the account.'), ...failures },
    }),
    async (c) => c.json(await refresh(deps, c.req.valid('json').refreshToken), 200),
  );

  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/auth/logout',
      operationId: 'logout',
      summary: 'Sign out',
      tags,
      request: { body: jsonBody(RefreshParams) },
      responses: { 204: { description: 'The login has ended.' }, ...failures },
    }),
    async (c) => {
      await logout(deps, c.req.valid('json').refreshToken);
      return c.body(null, 204);
    },
  );
}

function addConfirmation(router: Router, deps: AppDeps): void {
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
      path: '/api/auth/resend-confirmation',
      operationId: 'resendConfirmation',
      summary: 'Send the mail that confirms an address again',
      tags,
      request: { body: jsonBody(MailParams) },
      responses: {
        202: jsonReply(RegisterResult, 'If the address waits for it, a mail is sent.'),
        ...failures,
      },
    }),
    async (c) => {
      const { email } = c.req.valid('json');
      await resendConfirmation(deps, email);
      return c.json({ status: 'mail_sent' as const, email }, 202);
    },
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
    async (c) => c.json({ status: await confirmEmail(deps, c.req.valid('param').token) }, 200),
  );
}

function addPasswordReset(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/auth/request-reset',
      operationId: 'requestPasswordReset',
      summary: 'Send a mail to choose a new password by',
      tags,
      request: { body: jsonBody(MailParams) },
      responses: {
        202: jsonReply(RegisterResult, 'If the address has an account, a mail is sent.'),
        ...failures,
      },
    }),
    async (c) => {
      const { email } = c.req.valid('json');
      await requestPasswordReset(deps, email);
      return c.json({ status: 'mail_sent' as const, email }, 202);
    },
  );

  router.openapi(
    createRoute({
      method: 'post',
      path: '/api/auth/reset/{token}',
      operationId: 'resetPassword',
      summary: 'Set a new password with the token of its mail; every login ends',
      tags,
      request: {
        params: z.object({ token: MailToken }),
        body: jsonBody(ResetPasswordParams),
      },
      responses: { 200: jsonReply(ResetPasswordResult, 'The password is set.'), ...failures },
    }),
    async (c) => {
      await resetPassword(deps, { ...c.req.valid('param'), ...c.req.valid('json') });
      return c.json({ status: 'password_set' as const }, 200);
    },
  );
}
