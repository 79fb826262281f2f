import { createRoute } from '@hono/zod-openapi';
import { User } from '@roto/sdk/contract';
import { access, identityOf } from '../middleware/access.ts';
import { toUser } from '../services/users.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonReply } from './replies.ts';

/** `/api/users`: one's own account. */
export function userRoutes() {
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

  return router;
}
