import { Readable } from 'node:stream';
import {
  AdminActionPage,
  AdminUser,
  AdminUserPage,
  ApiErrorBody,
  QueueState,
  SettingList,
} from '@roto/sdk/contract';
import { describe, expect, it, vi } from 'vitest';
import { json } from '../src/db/column-types.ts';
import { findBalances } from '../src/db/queries/ledger.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { newId } from '../src/new-id.ts';
import { creditsFor, estimateCredits } from '../src/services/estimate.ts';
import { grant, reserve } from '../src/services/ledger.ts';
import { readSettings } from '../src/services/settings.ts';
import { databaseKinds } from './support/databases.ts';
import { addKey, addMember, type Member, signIn } from './support/members.ts';
import { insertTask } from './support/rows.ts';
import { startApp, type TestApp } from './support/start-app.ts';
import { startStripe } from './support/stripe-server.ts';

async function open(kind: 'pglite' | 'postgres' = 'pglite') {
  const app = await startApp({ kind });
  const admin = await addMember(app, { isSuper: true });
  const member = await addMember(app);
  const ask = (method: string, path: string, json?: unknown) =>
    app.ask(method, `/api/admin${path}`, { token: admin.token, json });
  return { app, admin, member, ask };
}

async function codeOf(reply: Response): Promise<string> {
  return ApiErrorBody.parse(await reply.json()).error.code;
}

async function actionsOf(ask: Awaited<ReturnType<typeof open>>['ask'], query = '') {
  return AdminActionPage.parse(await (await ask('GET', `/actions${query}`)).json()).data;
}

describe.each(databaseKinds)('super users on %s', (kind) => {
  it('list accounts by pages, newest first, and find them by a part of the address', async () => {
    const { app, ask, member, admin } = await open(kind);
    const third = await addMember(app);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = AdminUserPage.parse(
        await (await ask('GET', `/users?limit=2${cursor && `&cursor=${cursor}`}`)).json(),
      );
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(new Set(seen)).toEqual(new Set([admin.id, member.id, third.id]));
    expect(seen).toHaveLength(3);
    const found = await ask('GET', `/users?email=${member.email.slice(2, 20).toUpperCase()}`);
    expect(AdminUserPage.parse(await found.json()).data.map(({ id }) => id)).toEqual([member.id]);
    const wild = await ask('GET', '/users?email=%25');
    expect(AdminUserPage.parse(await wild.json()).data).toEqual([]);
    expect(await codeOf(await ask('GET', '/users?cursor=nonsense'))).toBe('invalid_argument');
  });

  it('change accounts, and what was before and after is kept without addresses', async () => {
    const { ask, member, admin } = await open(kind);
    const changes = { tier: 'studio', is_confirmed: true, email: 'New@Example.com' };
    const reply = await ask('PUT', `/users/${member.id}`, changes);
    expect(AdminUser.parse(await reply.json())).toMatchObject({
      email: 'new@example.com',
      membership: { tier: 'studio' },
    });
    const [action] = await actionsOf(ask, `?target_user_id=${member.id}`);
    expect(action).toMatchObject({
      admin_id: admin.id,
      action_type: 'update_user',
      details: { before: { tier: 'free' }, after: { tier: 'studio' }, email_changed: true },
    });
    expect(JSON.stringify(action)).not.toContain('example.com');
    expect(await codeOf(await ask('PUT', `/users/${member.id}`, { tier: 'none' }))).toBe(
      'invalid_argument',
    );
    expect(await codeOf(await ask('PUT', `/users/${member.id}`, { email: admin.email }))).toBe(
      'conflict',
    );
  });

  it('give credits and take them away, once for an Idempotency-Key', async () => {
    const { app, admin, member, ask } = await open(kind);
    const give = () =>
      app.ask('POST', `/api/admin/users/${member.id}/credits`, {
        token: admin.token,
        json: { credits: 30, reason: 'a gift' },
        headers: { 'Idempotency-Key': 'gift' },
      });
    await give();
    expect(AdminUser.parse(await (await give()).json()).user_credits).toBe(30);
    const taken = await ask('POST', `/users/${member.id}/credits`, { credits: -50, reason: 'x' });
    expect(AdminUser.parse(await taken.json()).user_credits).toBe(0);
    const [last, first] = await actionsOf(ask);
    expect(first?.details).toMatchObject({ credits: 30, after: { user_credits: 30 } });
    expect(last?.details).toMatchObject({
      before: { user_credits: 30 },
      after: { user_credits: 0 },
    });
  });
});

it('keeps at least one super user', async () => {
  const { app, admin, ask } = await open();
  const path = `/users/${admin.id}`;
  expect(await codeOf(await ask('PUT', path, { super_user: false }))).toBe('conflict');
  expect(await codeOf(await ask('DELETE', path))).toBe('conflict');
  const second = await addMember(app);
  expect((await ask('PUT', `/users/${second.id}`, { super_user: true })).status).toBe(200);
  expect((await ask('PUT', path, { super_user: false })).status).toBe(200);
  expect((await ask('GET', path)).status).toBe(403);
});

it('changes prices within their ranges, all or none, and estimates follow', async () => {
  const { app, ask } = await open();
  const put = (values: object) => ask('PUT', '/settings', { values });
  const changed = await put({ credits_per_second_draft: 3 });
  expect(SettingList.parse(await changed.json()).data).toContainEqual(
    expect.objectContaining({ key: 'credits_per_second_draft', value: 3 }),
  );
  const work = { priced: 'draft', frames: 25, rate: { num: 25, den: 1 } } as const;
  const { db, config } = app.deps;
  expect(await estimateCredits({ db, config }, work)).toBe(3);
  expect(await estimateCredits({ db, config: { credits: false } }, work)).toBe(0);
  const values = { credits_per_second_draft: 4, credits_per_second_max: -1 };
  expect(await codeOf(await put(values))).toBe('invalid_argument');
  expect(await codeOf(await put({ nonsense: 1 }))).toBe('invalid_argument');
  expect(creditsFor(work, await readSettings(db))).toBe(3);
  expect((await actionsOf(ask)).map(({ action_type }) => action_type)).toEqual(['update_settings']);
});

it('shows what waits and who works', async () => {
  const { app, member, ask } = await open();
  await insertTask(app.deps.db, member.id);
  await app.deps.db
    .insertInto('workers')
    .values({
      id: newId('worker'),
      hostname: 'gpu-1',
      version: '1.0.0',
      device: 'cuda',
      models: json(['sam2-tiny']),
    })
    .execute();
  await app.ask('POST', '/api/auth/request-reset', { json: { email: member.email } });
  const queue = QueueState.parse(await (await ask('GET', '/queue')).json());
  expect(queue.tasks.pending).toBe(1);
  expect(queue.queues.map(({ name }) => name)).toContain('send-mail');
  const workers = await (await ask('GET', '/workers')).json();
  expect(workers).toMatchObject({ data: [{ hostname: 'gpu-1', models: ['sam2-tiny'] }] });
});

it("cancels anybody's task and lets it wait again, on the record; its owner's webhook is told", async () => {
  const { app, member, ask } = await open();
  const { db, clock } = app.deps;
  const hook = { url: 'https://example.com/hook', events: ['task.cancelled'] };
  await app.ask('POST', '/api/webhooks', { token: member.token, json: hook });
  const taskId = await inTransaction(db, async (trx) => {
    await grant(trx, { clock }, { userId: member.id, credits: 10 });
    const id = await insertTask(trx, member.id, 4);
    await reserve(trx, { clock }, { userId: member.id, taskId: id, credits: 4 });
    return id;
  });
  const listed = await (await ask('GET', '/tasks?status=pending')).json();
  expect(listed).toMatchObject({ data: [{ id: taskId, status: 'pending' }] });
  const cancelled = await ask('POST', `/tasks/${taskId}/cancel`);
  expect(await cancelled.json()).toMatchObject({ status: 'cancelled' });
  expect(await findBalances(db, member.id)).toEqual({ available: 10, reserved: 0 });
  const told = await db.selectFrom('webhook_deliveries').select(['event', 'payload']).execute();
  expect(told).toMatchObject([{ event: 'task.cancelled', payload: { data: { task_id: taskId } } }]);
  // Its video is gone, so it cannot go on.
  expect(await codeOf(await ask('POST', `/tasks/${taskId}/retry`))).toBe('wrong_task_status');
  expect(await actionsOf(ask)).toMatchObject([
    {
      action_type: 'cancel_task',
      target_user_id: member.id,
      details: { task: taskId, before: { status: 'pending' }, after: { status: 'cancelled' } },
    },
  ]);
});

describe('deleting an account', () => {
  /** An account with a key, a task that waits, a file, a webhook, and credits. */
  async function furnished(app: TestApp): Promise<Member & { key: string }> {
    const member = await addMember(app);
    const { db, clock, storage } = app.deps;
    const key = await addKey(app, member, ['account:read']);
    await inTransaction(db, async (trx) => {
      await grant(trx, { clock }, { userId: member.id, credits: 10 });
      const taskId = await insertTask(trx, member.id, 4);
      await reserve(trx, { clock }, { userId: member.id, taskId, credits: 4 });
    });
    const file = `users/${member.id}/videos/${newId('video')}/original.mp4`;
    await storage.put(file, Readable.from([Buffer.from('clip')]));
    await db
      .insertInto('files')
      .values({
        id: newId('file'),
        user_id: member.id,
        key: file,
        category: 'videos',
        size_bytes: 4,
      })
      .execute();
    const json = { url: 'https://example.com/hook' };
    await app.ask('POST', '/api/webhooks', { token: member.token, json });
    return { ...member, key };
  }

  async function expectGone(app: TestApp, { id, email, token, key }: Member & { key: string }) {
    const { db, storage } = app.deps;
    for (const bearer of [token, key]) {
      expect((await app.ask('GET', '/api/users/me', { token: bearer })).status).toBe(401);
    }
    const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toMatchObject({ email: null, hashed_password: null, stripe_customer_id: null });
    expect(await findBalances(db, id)).toEqual({ available: 10, reserved: 0 });
    const tasks = await db.selectFrom('tasks').selectAll().where('user_id', '=', id).execute();
    expect(tasks).toMatchObject([{ status: 'cancelled' }]);
    for (const table of ['api_keys', 'refresh_tokens', 'webhooks', 'mails'] as const) {
      const rows = await db.selectFrom(table).select('id').where('user_id', '=', id).execute();
      expect(rows).toEqual([]);
    }
    await vi.waitFor(
      async () => {
        for await (const { key } of storage.list(`users/${id}/`)) throw new Error(key);
        const files = await db.selectFrom('files').select('id').where('user_id', '=', id).execute();
        expect(files).toEqual([]);
      },
      { timeout: 20_000, interval: 50 },
    );
    const json = { email, password: 'a password of another' };
    expect((await app.ask('POST', '/api/auth/register', { json })).status).toBe(202);
    const again = await db.selectFrom('users').select('id').where('email', '=', email).execute();
    expect(again).toHaveLength(1);
  }

  it('by oneself takes the password, and leaves a tombstone and the ledger', async () => {
    const app = await startApp();
    const member = await furnished(app);
    await signIn(app, member);
    const del = (token: string, password: string) =>
      app.ask('DELETE', '/api/users/me', { token, json: { password } });
    expect(await codeOf(await del(member.token, 'wrong password'))).toBe('invalid_credentials');
    expect(await codeOf(await del(member.key, 'correct horse battery'))).toBe('forbidden');
    expect((await del(member.token, 'correct horse battery')).status).toBe(204);
    await expectGone(app, member);
  });

  it('by a super user does the same, and ends the subscription at Stripe', async () => {
    const stripe = await startStripe();
    const app = await startApp({ env: stripe.env });
    const admin = await addMember(app, { isSuper: true });
    const member = await furnished(app);
    await app.ask('POST', '/api/stripe/portal', { token: member.token });
    const { data } = AdminUserPage.parse(
      await (await app.ask('GET', '/api/admin/users', { token: admin.token })).json(),
    );
    const customer = data.find(({ id }) => id === member.id)?.stripe_customer_id ?? '';
    expect(stripe.world.has(customer)).toBe(true);
    const reply = await app.ask('DELETE', `/api/admin/users/${member.id}`, { token: admin.token });
    expect(reply.status).toBe(204);
    await expectGone(app, member);
    expect(stripe.world.has(customer)).toBe(false);
  });
});

it('changes a password only with the one before it, and ends every login', async () => {
  const app = await startApp();
  const member = await addMember(app);
  const { accessToken: token } = await signIn(app, member);
  const patch = (current_password: string) =>
    app.ask('PATCH', '/api/users/me', {
      token,
      json: { current_password, new_password: 'another password' },
    });
  expect(await codeOf(await patch('wrong password'))).toBe('invalid_credentials');
  expect((await patch('correct horse battery')).status).toBe(200);
  expect((await app.ask('GET', '/api/users/me', { token })).status).toBe(401);
  const json = { email: member.email, password: 'another password' };
  expect((await app.ask('POST', '/api/auth/login', { json })).status).toBe(200);
});
