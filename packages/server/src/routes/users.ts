import { createRoute } from '@hono/zod-openapi';
import { StorageReport, User } from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { reportStorage } from '../services/storage-space.ts';
import { toUser } from '../services/users.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

/** `/api/users`: one's own account. */
export function userRoutes(deps: AppDeps) {
  const router = newRouter();

  router.openapi(
    createRoute({
      ...access('account:read'),
      method: 'get',
      path: '/api/users/me',
      operationId: 'getMe',
      summary: "One's own account",
      tags: ['Users'],
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
      tags: ['Users'],
      responses: { 200: jsonReply(StorageReport, 'Bytes and files, exactly.'), ...failures },
    }),
    async (c) => c.json(await reportStorage(deps, identityOf(c).user), 200),
  );

  return router;
}
