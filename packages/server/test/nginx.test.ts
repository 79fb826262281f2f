import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiErrorBody, Video } from '@roto/sdk/contract';
import { Agent, fetch } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { listen } from './support/chromium.ts';
import { type Nginx, nginxPath, opensslPath, startNginx } from './support/nginx.ts';
import { insertTask } from './support/rows.ts';
import { signIn } from './support/sign-in.ts';
import { startApp } from './support/start-app.ts';

const mib = 1024 * 1024;

/** The service behind the site of `deploy/`, and an account on it. */
async function startBehindNginx() {
  const app = await startApp({ env: { ROTO_TRUSTED_PROXIES: '1' } });
  const service = await listen(app);
  const nginx = await startNginx(service.port);
  onTestFinished(() => nginx.stop());
  const account = await signIn(app.deps);
  const authorization = { Authorization: `Bearer ${account.token}` };
  return { app, service, nginx, ...account, authorization };
}

/** A connection of its own from one address of this machine. */
function from({ ca }: Nginx, localAddress = '127.0.0.1', allowH2 = true): Agent {
  const agent = new Agent({ connect: { ca }, localAddress, allowH2 });
  onTestFinished(() => agent.destroy());
  return agent;
}

/** The failure that a reply tells, in the one shape. */
async function failureOf(reply: Awaited<ReturnType<typeof fetch>>) {
  expect(reply.headers.get('Content-Type')).toMatch(/^application\/json/);
  const { code, requestId } = ApiErrorBody.parse(await reply.json()).error;
  expect(reply.headers.get('X-Request-Id')).toBe(requestId);
  return { status: reply.status, code, requestId };
}

describe.skipIf(!nginxPath || !opensslPath)('behind nginx (needs nginx and openssl)', () => {
  it('counts clients by their own addresses, whatever they say these are', async () => {
    const { nginx } = await startBehindNginx();
    const remaining = async (address: string, headers = {}) => {
      const init = { method: 'POST', headers, dispatcher: from(nginx, address) };
      const reply = await fetch(`${nginx.origin}/api/auth/login`, init);
      return Number(reply.headers.get('RateLimit-Remaining'));
    };
    const first = await remaining('127.0.0.2');
    expect(await remaining('127.0.0.2', { 'X-Forwarded-For': '127.0.0.3' })).toBe(first - 1);
    expect(await remaining('127.0.0.3')).toBe(first);
  });

  it('answers every limit in the one shape, be it of nginx or of the service', async () => {
    const { nginx, service } = await startBehindNginx();
    const dispatcher = from(nginx);
    const post = (path: string, init: { body?: string; headers?: Record<string, string> } = {}) =>
      fetch(`${nginx.origin}${path}`, { method: 'POST', dispatcher, ...init });
    const headers = { 'X-Request-Id': 'a-request.of_mine' };
    const large = await post('/api/auth/login', { headers, body: 'x'.repeat(2 * mib) });
    expect(await failureOf(large)).toEqual({
      status: 413,
      code: 'payload_too_large',
      requestId: 'a-request.of_mine',
    });
    const longHeader = await fetch(`${nginx.origin}/healthz`, {
      headers: { 'X-Long': 'x'.repeat(60_000) },
      // HTTP/2 ends the connection instead.
      dispatcher: from(nginx, '127.0.0.1', false),
    });
    expect(await failureOf(longHeader)).toMatchObject({ status: 400, code: 'invalid_argument' });
    const metrics = await fetch(`${nginx.origin}/metrics`, { dispatcher });
    expect(await failureOf(metrics)).toMatchObject({ status: 403, code: 'forbidden' });
    let last = await post('/api/auth/login');
    for (let count = 0; count < 20; count += 1) last = await post('/api/auth/login');
    expect(last.headers.get('Retry-After')).toMatch(/^\d+$/);
    expect(await failureOf(last)).toMatchObject({ status: 429, code: 'rate_limited' });
    service.stop();
    const gone = await fetch(`${nginx.origin}/healthz`, { dispatcher });
    expect(gone.headers.get('Retry-After')).toBe('5');
    expect(await failureOf(gone)).toMatchObject({ status: 503, code: 'unavailable' });
  });

  it('refuses the 101st request at a time from one address, and from no other', async () => {
    const { nginx } = await startBehindNginx();
    const held = Array.from({ length: 100 }, () => hold(nginx));
    onTestFinished(() => {
      for (const { sent } of held) sent.destroy();
    });
    await Promise.all(held.map(({ isOpen }) => isOpen));
    const ask = (address: string) =>
      fetch(`${nginx.origin}/healthz`, { dispatcher: from(nginx, address) });
    await vi.waitFor(async () => {
      const refused = await ask('127.0.0.1');
      expect(await failureOf(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
      expect(refused.headers.get('Retry-After')).toBe('1');
    });
    expect((await ask('127.0.0.2')).status).toBe(200);
  });

  it.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])('brings events as they come, over %s', async (_, allowH2) => {
    const { app, nginx, userId, authorization } = await startBehindNginx();
    const id = await insertTask(app.deps.db, userId);
    const dispatcher = from(nginx, '127.0.0.1', allowH2);
    const init = { headers: authorization, dispatcher };
    const reply = await fetch(`${nginx.origin}/api/tasks/${id}/events`, init);
    const reader = (reply.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
    const parts = reader.getReader();
    let seen = '';
    const until = async (what: string) => {
      while (!seen.includes(what)) {
        const { value, done } = await parts.read();
        if (done) throw new Error(`The stream ended after: ${seen}`);
        seen += value;
      }
    };
    await until('"status":"pending"');
    // The stream is open, and nothing was cancelled yet: what came so far was not held back.
    const cancel = { ...init, method: 'POST' };
    expect((await fetch(`${nginx.origin}/api/tasks/${id}/cancel`, cancel)).status).toBe(200);
    await until('"status":"cancelled"');
  });

  it('passes an upload on while it is sent, and the service keeps all of it', async () => {
    const { app, nginx, authorization } = await startBehindNginx();
    const piece = randomBytes(2 * mib);
    const folder = join(app.data, 'files', 'partial');
    async function* body() {
      yield Buffer.from(
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n',
      );
      yield piece;
      // Waits for the bytes to be kept before it sends more.
      await expect.poll(() => largestIn(folder), { timeout: 20_000 }).toBeGreaterThan(mib);
      yield piece;
      yield Buffer.from('\r\n--b--\r\n');
    }
    const reply = await fetch(`${nginx.origin}/api/videos/upload`, {
      method: 'POST',
      headers: { ...authorization, 'Content-Type': 'multipart/form-data; boundary=b' },
      body: body(),
      duplex: 'half',
      dispatcher: from(nginx),
    });
    expect(reply.status).toBe(201);
    const video = Video.parse(await reply.json());
    const { storage } = app.deps;
    const sizes: number[] = [];
    for await (const { key, size } of storage.list('users/')) {
      if (key.includes(video.id)) sizes.push(size);
    }
    expect(sizes).toContain(2 * piece.length);
  });

  it('lets the service refuse what is larger than the account may send, before it is sent', async () => {
    const { nginx, authorization } = await startBehindNginx();
    const { sent } = hold(nginx, {
      path: '/api/videos/upload',
      headers: {
        ...authorization,
        'Content-Type': 'multipart/form-data; boundary=b',
        'Content-Length': 3e9,
      },
    });
    const reply = await new Promise<{ status: number | undefined; body: string }>(
      (resolve, reject) => {
        sent.once('error', reject);
        sent.once('response', (response) => {
          const status = response.statusCode;
          text(response).then((said) => resolve({ status, body: said }), reject);
        });
      },
    );
    sent.destroy();
    expect(reply.status).toBe(413);
    expect(ApiErrorBody.parse(JSON.parse(reply.body)).error.code).toBe('payload_too_large');
  });
});

/** A request whose head is sent, and whose body never comes. */
function hold(
  { origin, ca }: Nginx,
  {
    path = '/api/auth/login',
    headers = { 'Content-Length': 10 },
  }: { path?: string; headers?: Record<string, string | number> } = {},
): { sent: ClientRequest; isOpen: Promise<void> } {
  const sent = request(`${origin}${path}`, {
    method: 'POST',
    ca,
    agent: false,
    headers,
  });
  const isOpen = new Promise<void>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('socket', (socket) => socket.once('secureConnect', () => resolve()));
  });
  sent.flushHeaders();
  return { sent, isOpen };
}

async function largestIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...sizes);
}
