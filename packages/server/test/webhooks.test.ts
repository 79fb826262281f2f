import { ApiErrorBody, NewWebhook, WebhookDeliveryPage, WebhookMessage } from '@roto/sdk/contract';
import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { verifyWebhook } from '../../sdk/src/webhooks.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { announceTask } from '../src/services/webhooks.ts';
import { createWebhookPoster } from '../src/webhooks/post-webhook.ts';
import { checkPublicUrl, isPublicAddress } from '../src/webhooks/public-address.ts';
import { type LocalReply, startLocalServer } from './support/local-server.ts';
import { addMember, type Member } from './support/members.ts';
import { insertTask } from './support/rows.ts';
import { startApp, type TestApp } from './support/start-app.ts';

async function open(answer: () => LocalReply) {
  const receiver = await startLocalServer(answer);
  const app = await startApp({ env: { ROTO_WEBHOOKS_PRIVATE: 'on' } });
  const member = await addMember(app);
  const reply = await app.ask('POST', '/api/webhooks', {
    token: member.token,
    json: { url: `${receiver.origin}/hook`, events: ['task.completed', 'task.failed'] },
  });
  const webhook = NewWebhook.parse(await reply.json());
  return { app, member, webhook, receiver };
}

async function end(app: TestApp, { id: user_id }: Member, status: 'completed' | 'cancelled') {
  const id = await insertTask(app.deps.db, user_id);
  const ended = { id, user_id, video_id: null, status, error_code: null, error_message: null };
  await inTransaction(app.deps.db, (trx) => announceTask(trx, app.deps, ended));
  return id;
}

async function deliveriesOf(app: TestApp, { token }: Member, webhookId: string) {
  const reply = await app.ask('GET', `/api/webhooks/${webhookId}/deliveries`, { token });
  return WebhookDeliveryPage.parse(await reply.json()).data;
}

const patience = { timeout: 20_000, interval: 50 };

describe('a webhook', () => {
  it('is told of the events it wants, signed as the SDK verifies it', async () => {
    const { app, member, webhook, receiver } = await open(() => ({ status: 204 }));
    await end(app, member, 'cancelled');
    const taskId = await end(app, member, 'completed');
    await vi.waitFor(() => expect(receiver.requests).toHaveLength(1), patience);
    const { headers, body = '' } = receiver.requests[0] ?? {};
    const signature = String(headers?.['roto-signature']);
    const message = WebhookMessage.parse(await verifyWebhook({ body, signature }, webhook.secret));
    expect(message).toMatchObject({ type: 'task.completed', data: { task_id: taskId } });
    await expect(verifyWebhook({ body: `${body} `, signature }, webhook.secret)).rejects.toThrow();
    await vi.waitFor(async () => {
      const [delivery] = await deliveriesOf(app, member, webhook.id);
      expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, response_status: 204 });
    }, patience);
  });

  it('that fails is told again later, by the same message', async () => {
    const statuses = [500, 200];
    const { app, member, webhook, receiver } = await open(() => ({
      status: statuses.shift() ?? 200,
    }));
    await end(app, member, 'completed');
    await vi.waitFor(async () => {
      const [delivery] = await deliveriesOf(app, member, webhook.id);
      expect(delivery).toMatchObject({ status: 'pending', attempts: 1, response_status: 500 });
    }, patience);
    await vi.waitFor(async () => {
      await sql`update pgboss.job set start_after = now() where state = 'retry'`.execute(
        app.deps.db,
      );
      expect(receiver.requests).toHaveLength(2);
    }, patience);
    const [first, second] = receiver.requests.map(({ body }) => JSON.parse(body).id);
    expect(second).toBe(first);
  });

  it('that is gone for good is told no more', async () => {
    const { app, member, webhook, receiver } = await open(() => ({ status: 410 }));
    await end(app, member, 'completed');
    await vi.waitFor(async () => {
      const [delivery] = await deliveriesOf(app, member, webhook.id);
      expect(delivery?.status).toBe('failed');
    }, patience);
    await end(app, member, 'completed');
    expect(receiver.requests).toHaveLength(1);
    expect(await deliveriesOf(app, member, webhook.id)).toHaveLength(1);
  });

  it('is not told where the transaction that ends the task fails', async () => {
    const { app, member, webhook } = await open(() => ({}));
    const id = await insertTask(app.deps.db, member.id);
    const task = { id, user_id: member.id, video_id: null, error_code: null, error_message: null };
    const failed = inTransaction(app.deps.db, async (trx) => {
      await announceTask(trx, app.deps, { ...task, status: 'completed' });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await deliveriesOf(app, member, webhook.id)).toEqual([]);
  });

  it("shows nobody's secret later, and is nobody else's to see or delete", async () => {
    const { app, member, webhook } = await open(() => ({}));
    const listed = await app.ask('GET', '/api/webhooks', { token: member.token });
    expect(await listed.text()).not.toContain(webhook.secret);
    const other = await addMember(app);
    const path = `/api/webhooks/${webhook.id}`;
    expect((await app.ask('DELETE', path, { token: other.token })).status).toBe(404);
    const theirs = await app.ask('GET', `${path}/deliveries`, { token: other.token });
    expect(theirs.status).toBe(404);
    expect((await app.ask('DELETE', path, { token: member.token })).status).toBe(204);
  });
});

describe('addresses of webhooks', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://localhost:8000/',
    'http://localhost./',
    'http://service.internal/',
    'http://10.0.0.8/',
    'http://172.16.9.9/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://user:password@example.com/',
  ])('do not lead inside: %s', async (url) => {
    expect(() => checkPublicUrl(url)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
    const poster = createWebhookPoster(false);
    const signal = AbortSignal.timeout(5000);
    const post = poster.post({ url, secret: 's', body: '{}', now: new Date(), signal });
    await expect(post).rejects.toThrow();
    await poster.close();
  });

  it('are those of the open internet', () => {
    for (const address of ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946']) {
      expect(isPublicAddress(address)).toBe(true);
    }
    expect(() => checkPublicUrl('https://hooks.example.com/roto?x=1')).not.toThrow();
  });

  it('are checked again when a name is resolved: one that leads inside is not asked', async () => {
    const inside = await startLocalServer(() => ({}));
    const poster = createWebhookPoster(false);
    // A name that no check of the text can know, which this machine resolves to itself.
    const { hostname } = await import('node:os');
    const url = `http://${hostname()}:${inside.port}/`;
    const signal = AbortSignal.timeout(5000);
    const post = poster.post({ url, secret: 's', body: '{}', now: new Date(), signal });
    await expect(post).rejects.toThrow();
    expect(inside.requests).toEqual([]);
    await poster.close();
  });

  it('are not left by a redirect', async () => {
    const inside = await startLocalServer(() => ({}));
    const outside = await startLocalServer(() => ({
      status: 302,
      headers: { Location: `${inside.origin}/` },
    }));
    const poster = createWebhookPoster(true);
    const message = { url: outside.origin, secret: 's', body: '{}', now: new Date() };
    expect(await poster.post({ ...message, signal: AbortSignal.timeout(5000) })).toBe(302);
    expect(inside.requests).toEqual([]);
    await poster.close();
  });

  it('are refused in a sentence when they are given', async () => {
    const app = await startApp();
    const { token } = await addMember(app);
    for (const url of ['http://127.0.0.1/x', 'ftp://example.com/', 'nonsense']) {
      const reply = await app.ask('POST', '/api/webhooks', { token, json: { url } });
      expect([reply.status, ApiErrorBody.parse(await reply.json()).error]).toEqual([
        400,
        expect.objectContaining({ code: 'invalid_argument', param: 'url' }),
      ]);
    }
  });
});
