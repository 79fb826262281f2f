import { createRoute } from '@hono/zod-openapi';
import { DeleteAccountParams, PasswordChange, StorageReport, User } from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { reportStorage } from '../services/storage-space.ts';
import { changeOwnPassword, deleteOwnAccount, toUser } from '../services/users.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Users'];
const path = '/api/users/me';

/** `/api/users`: one's own account. */
export function userRoutes(deps: AppDeps) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('account:read'),
      method: 'get',
      path,
      operationId: 'getMe',
      summary: "One's own account",
      tags,
      responses: { 200: jsonReply(User, 'The account.'), ...failures },
    }),
    (c) => c.json(toUser(identityOf(c).user), 200),
  );

  router.openapi(
    createRoute({
      ...access('account:read'),
      method: 'get',
      path: '/api/users/storage',
      operationId: 'getStorage',
      summary: 'What the account stores, and may',
      tags,
      responses: { 200: jsonReply(StorageReport, 'Bytes and files, exactly.'), ...failures },
    }),
    async (c) => c.json(await reportStorage(deps, identityOf(c).user), 200),
  );

  // Both check a password: it must not be tried out faster here than at the login.
  const own = access('account:write', { login: true });
  const limit = rateLimit({ name: 'own-password', requests: 20, seconds: 60, by: 'caller' });
  const guarded = { ...own, middleware: [...own.middleware, limit] };

  router.openapi(
    createRoute({
      ...guarded,
      method: 'patch',
      path,
      operationId: 'updateMe',
      summary: "Change one's password; every login ends",
      tags,
      request: { body: jsonBody(PasswordChange) },
      responses: { 200: jsonReply(User, 'The account.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      await changeOwnPassword(deps, user, c.req.valid('json'));
      return c.json(toUser(user), 200);
    },
  );

  router.openapi(
    createRoute({
      ...guarded,
      method: 'delete',
      path,
      operationId: 'deleteMe',
      summary: "Delete one's account and all it has",
      tags,
      request: { body: jsonBody(DeleteAccountParams) },
      responses: { 204: { description: 'It is deleted.' }, ...failures },
    }),
    async (c) => {
      await deleteOwnAccount(deps, identityOf(c).user, c.req.valid('json').password);
      return c.body(null, 204);
    },
  );

  return router;
}
