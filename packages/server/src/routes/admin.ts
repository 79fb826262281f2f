import { createRoute, z } from '@hono/zod-openapi';
import {
  AdminActionPage,
  AdminActionsQuery,
  AdminUser,
  AdminUserChanges,
  AdminUserPage,
  AdminUsersQuery,
  GrantParams,
  idOf,
  pageOf,
  QueueState,
  SettingChanges,
  SettingList,
  Task,
  TasksQuery,
  TierParams,
  WorkerList,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { answerWithin, idempotency } from '../middleware/idempotency.ts';
import {
  actionsFor,
  deleteUser,
  giveCredits,
  settingsFor,
  steerTask,
  tasksFor,
  updateSettings,
  updateUser,
  userFor,
  usersFor,
} from '../services/admin.ts';
import { queueState, workerStates } from '../services/operations.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Admin'];
const params = z.object({ id: idOf('user') });

type Router = ReturnType<typeof newRouter>;

/** `/api/admin`: for super users. Everything that changes something is recorded. */
export function adminRoutes(deps: AppDeps) {
  const router = newRouter();
  addReading(router, deps);
  addChanging(router, deps);
  addCredits(router, deps);
  addSettings(router, deps);
  addOperations(router, deps);
  addTasks(router, deps);
  return router;
}

function addReading(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/users',
      operationId: 'adminListUsers',
      summary: 'Accounts, newest first',
      tags,
      request: { query: AdminUsersQuery },
      responses: { 200: jsonReply(AdminUserPage, 'A page of them.'), ...failures },
    }),
    async (c) => c.json(await usersFor(deps, c.req.valid('query')), 200),
  );

  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/users/{id}',
      operationId: 'adminGetUser',
      summary: 'An account',
      tags,
      request: { params },
      responses: { 200: jsonReply(AdminUser, 'The account.'), ...failures },
    }),
    async (c) => c.json(await userFor(deps, c.req.valid('param').id), 200),
  );

  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/actions',
      operationId: 'adminListActions',
      summary: 'What super users did, newest first',
      tags,
      request: { query: AdminActionsQuery },
      responses: { 200: jsonReply(AdminActionPage, 'A page of it.'), ...failures },
    }),
    async (c) => c.json(await actionsFor(deps, c.req.valid('query')), 200),
  );
}

function addChanging(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'put',
      path: '/api/admin/users/{id}',
      operationId: 'adminUpdateUser',
      summary: 'Change an account',
      tags,
      request: { params, body: jsonBody(AdminUserChanges) },
      responses: { 200: jsonReply(AdminUser, 'The account as it is now.'), ...failures },
    }),
    async (c) => {
      const act = { adminId: identityOf(c).user.id, userId: c.req.valid('param').id };
      return c.json(await updateUser(deps, act, c.req.valid('json')), 200);
    },
  );

  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'delete',
      path: '/api/admin/users/{id}',
      operationId: 'adminDeleteUser',
      summary: 'Delete an account and all it has',
      tags,
      request: { params },
      responses: { 204: { description: 'It is deleted.' }, ...failures },
    }),
    async (c) => {
      const act = { adminId: identityOf(c).user.id, userId: c.req.valid('param').id };
      await deleteUser(deps, act);
      return c.body(null, 204);
    },
  );

  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'post',
      path: '/api/admin/users/{id}/tier',
      operationId: 'adminChangeTier',
      summary: 'Put an account into a tier',
      tags,
      request: { params, body: jsonBody(TierParams) },
      responses: { 200: jsonReply(AdminUser, 'The account as it is now.'), ...failures },
    }),
    async (c) => {
      const act = { adminId: identityOf(c).user.id, userId: c.req.valid('param').id };
      return c.json(await updateUser(deps, act, c.req.valid('json')), 200);
    },
  );
}

function addCredits(router: Router, deps: AppDeps): void {
  const needed = access('admin');
  router.openapi(
    createRoute({
      ...needed,
      middleware: [...needed.middleware, idempotency(deps)],
      method: 'post',
      path: '/api/admin/users/{id}/credits',
      operationId: 'adminGrantCredits',
      summary: 'Give credits to an account, or take some away',
      tags,
      request: { params, body: jsonBody(GrantParams) },
      responses: { 200: jsonReply(AdminUser, 'The account as it is now.'), ...failures },
    }),
    async (c) => {
      const act = { adminId: identityOf(c).user.id, userId: c.req.valid('param').id };
      const answered = answerWithin(c, 200);
      return c.json(await giveCredits(deps, act, c.req.valid('json'), answered), 200);
    },
  );
}

function addSettings(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/settings',
      operationId: 'adminGetSettings',
      summary: 'Prices and other settings',
      tags,
      responses: { 200: jsonReply(SettingList, 'All of them.'), ...failures },
    }),
    async (c) => c.json(await settingsFor(deps), 200),
  );

  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'put',
      path: '/api/admin/settings',
      operationId: 'adminUpdateSettings',
      summary: 'Change settings, all that are named or none',
      tags,
      request: { body: jsonBody(SettingChanges) },
      responses: { 200: jsonReply(SettingList, 'All of them as they are now.'), ...failures },
    }),
    async (c) => {
      const { values } = c.req.valid('json');
      return c.json(await updateSettings(deps, identityOf(c).user.id, values), 200);
    },
  );
}

function addOperations(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/queue',
      operationId: 'adminGetQueue',
      summary: 'How much waits and runs',
      tags,
      responses: { 200: jsonReply(QueueState, 'By the name of the queue.'), ...failures },
    }),
    async (c) => c.json(await queueState(deps), 200),
  );

  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/workers',
      operationId: 'adminListWorkers',
      summary: 'The workers there are',
      tags,
      responses: { 200: jsonReply(WorkerList, 'All of them.'), ...failures },
    }),
    async (c) => c.json({ data: await workerStates(deps) }, 200),
  );
}

function addTasks(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...access('admin'),
      method: 'get',
      path: '/api/admin/tasks',
      operationId: 'adminListTasks',
      summary: "Everybody's tasks, newest first",
      tags,
      request: { query: TasksQuery },
      responses: { 200: jsonReply(pageOf(Task), 'A page of tasks.'), ...failures },
    }),
    async (c) => c.json(await tasksFor(deps, c.req.valid('query')), 200),
  );

  for (const [to, summary] of [
    ['cancel', "Stop anybody's task and give its credits back"],
    ['retry', "Let anybody's task that failed or was cancelled wait again"],
  ] as const) {
    router.openapi(
      createRoute({
        ...access('admin'),
        method: 'post',
        path: `/api/admin/tasks/{id}/${to}`,
        operationId: `admin${to === 'cancel' ? 'Cancel' : 'Retry'}Task`,
        summary,
        tags,
        request: { params: z.object({ id: idOf('task') }) },
        responses: { 200: jsonReply(Task, 'The task as it is now.'), ...failures },
      }),
      async (c) => {
        const who = { adminId: identityOf(c).user.id, taskId: c.req.valid('param').id };
        return c.json(await steerTask(deps, who, to), 200);
      },
    );
  }
}
