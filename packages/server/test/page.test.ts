import { TaskEvent } from '@roto/sdk/contract';
import { expect, it } from 'vitest';
import { createApp } from '../src/app.ts';
import { json } from '../src/db/column-types.ts';
import { newId } from '../src/new-id.ts';
import { requestPasswordReset, resetPassword } from '../src/services/accounts.ts';
import { insertPerson, openBrowser, password, sendForm } from './support/browser-login.ts';
import { openTestDatabase } from './support/databases.ts';
import { mailsIn, tokenOf } from './support/mails.ts';
import { insertTask } from './support/rows.ts';
import { startApp, type TestApp } from './support/start-app.ts';

const hostile = `<script>alert(1)</script>" onload='x' & more`;

/** Adds a video that is ready, with a title, and a task of it. */
async function addTask({ deps }: TestApp, userId: string, title = 'clip.mp4'): Promise<string> {
  const videoId = newId('video');
  const video = { id: videoId, user_id: userId, title, s3_key: videoId };
  await deps.db
    .insertInto('videos')
    .values({ ...video, kind: 'movie', status: 'ready' })
    .execute();
  const id = await insertTask(deps.db, userId);
  await deps.db.updateTable('tasks').set({ video_id: videoId }).where('id', '=', id).execute();
  return id;
}

async function signedIn(app: TestApp) {
  const person = await insertPerson(app.deps);
  return { ...person, browser: await openBrowser(app, person.email) };
}

it('tells strangers of health, queue, devices and models, and nothing else', async () => {
  const app = await startApp();
  const { userId, email } = await insertPerson(app.deps);
  const taskId = await addTask(app, userId, 'secret plate');
  const worker = {
    id: newId('worker'),
    hostname: 'secret-host',
    version: '0',
    device: 'cuda:0 Card',
    state: 'ready' as const,
    models: json<readonly string[]>(['sam2.1-small']),
    heartbeat_at: app.deps.clock(),
  };
  await app.deps.db.insertInto('workers').values(worker).execute();
  const reply = await app.ask('GET', '/');
  expect(reply.status).toBe(200);
  const page = await reply.text();
  expect(page).toContain('its database answers');
  expect(page).toMatch(/Tasks that wait<\/dt><dd>1</);
  expect(page).toContain('cuda:0 Card');
  expect(page).toContain('sam2.1-small');
  for (const secret of ['secret', email, taskId, worker.id]) expect(page).not.toContain(secret);
  app.advance(60);
  expect(await (await app.ask('GET', '/')).text()).toContain('No worker is there now');
});

it('says that the database does not answer, and knows nobody then', async () => {
  const app = await startApp();
  const { browser } = await signedIn(app);
  const closed = await openTestDatabase('pglite');
  await closed.close();
  const broken = createApp({ ...app.deps, db: closed.db });
  const reply = await broken.request('/', { headers: { Cookie: browser.cookie } });
  expect(reply.status).toBe(503);
  expect(await reply.text()).toContain('The database does not answer.');
});

it('can be read without scripts, sends none inline, and is not for search engines', async () => {
  const app = await startApp();
  const { userId, browser } = await signedIn(app);
  const id = await addTask(app, userId);
  for (const path of ['/', '/login', '/register', '/forgotten', `/tasks/${id}`]) {
    const reply = await browser.get(path);
    const page = await reply.text();
    expect(reply.headers.get('Content-Security-Policy')).toBe("default-src 'self'");
    expect(page).not.toMatch(/<script(?! src="\/page\.js" defer><)|<style|\sstyle=|\son\w+=/);
    expect(page).toContain('<meta name="robots" content="noindex, nofollow">');
    expect(reply.headers.get('Cache-Control')).toBe('no-store');
    if (path !== '/' && !path.startsWith('/tasks/')) continue;
    expect(page).toContain('Masks of clip.mp4');
    expect(page).toContain('<noscript><meta http-equiv="refresh"');
  }
  expect((await app.ask('GET', '/page.js')).headers.get('Content-Type')).toContain('javascript');
});

it('shows what users wrote as text', async () => {
  const app = await startApp();
  const { userId, browser } = await signedIn(app);
  const id = await addTask(app, userId, hostile);
  await app.deps.db.updateTable('tasks').set({ error_message: hostile, model: hostile }).execute();
  const tried = await sendForm(app, '/login', { email: hostile, password, to: hostile });
  for (const reply of [await browser.get('/'), await browser.get(`/tasks/${id}`), tried]) {
    const page = await reply.text();
    expect(page).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp; more',
    );
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain(`" onload=`);
  }
});

it('keeps the login in a cookie that no script reads and no other site sends', async () => {
  const plain = await startApp();
  const { email } = await insertPerson(plain.deps);
  const set = async (app: TestApp, address: string, headers: Record<string, string>) => {
    const reply = await sendForm(app, '/login', { email: address, password }, headers);
    return reply.headers.get('Set-Cookie');
  };
  expect(await set(plain, email, { Origin: 'http://localhost' })).toMatch(
    /^roto_session=[\w-]{20,}; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const secure = /^__Host-roto_session=[\w-]{20,}; Path=\/; HttpOnly; Secure; SameSite=Lax$/;
  const known = await startApp({ env: { ROTO_PUBLIC_URL: 'https://roto.example' } });
  const ada = await insertPerson(known.deps);
  expect(await set(known, ada.email, { Origin: 'https://roto.example' })).toMatch(secure);
  const proxied = await startApp({ env: { ROTO_TRUSTED_PROXIES: '1' } });
  const bob = await insertPerson(proxied.deps);
  const headers = { Origin: 'https://localhost', 'X-Forwarded-Proto': 'https' };
  expect(await set(proxied, bob.email, headers)).toMatch(secure);
});

it('takes the cookie on pages alone, until the login ends', async () => {
  const app = await startApp();
  const { email, browser } = await signedIn(app);
  expect(await (await browser.get('/')).text()).toContain(email);
  expect((await browser.get('/api/tasks')).status).toBe(401);
  const out = await browser.post('/logout');
  expect(out.status).toBe(303);
  expect(out.headers.get('Set-Cookie')).toContain('Max-Age=0');
  expect(await (await browser.get('/')).text()).not.toContain(email);
  const again = await openBrowser(app, email);
  await requestPasswordReset(app.deps, email);
  const token = tokenOf((await mailsIn(app.data, 1))[0]);
  await resetPassword(app.deps, { token, password: 'another long password' });
  expect(await (await again.get('/')).text()).not.toContain(email);
  const late = await sendForm(app, '/login', { email, password: 'another long password' });
  const cookie = late.headers.get('Set-Cookie')?.split(';')[0] ?? '';
  app.advance(31 * 24 * 60 * 60);
  const old = await app.ask('GET', '/', { headers: { Cookie: cookie } });
  expect(await old.text()).not.toContain(email);
});

it('does nothing that another site makes a browser send', async () => {
  const app = await startApp();
  const { userId, email, browser } = await signedIn(app);
  const id = await addTask(app, userId);
  const origins: Record<string, string>[] = [
    {},
    { Origin: 'null' },
    { Origin: 'https://evil.example' },
    { Origin: 'https://localhost.evil.example', 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ];
  for (const headers of origins) {
    for (const path of ['/login', '/logout', `/tasks/${id}/cancel`]) {
      const sent = { ...headers, Cookie: browser.cookie };
      const reply = await sendForm(app, path, { email, password }, sent);
      expect(reply.status, path).toBe(403);
      expect(await reply.text()).toContain('Another site made your browser send this');
      expect(reply.headers.get('Set-Cookie')).toBeNull();
    }
  }
  expect(await (await browser.get(`/tasks/${id}`)).text()).toContain('Waiting');
});

it('says what was wrong with a login, keeps the address, and limits how often one tries', async () => {
  const app = await startApp();
  const { email } = await insertPerson(app.deps);
  const wrong = await sendForm(app, '/login', { email, password: 'a wrong one' });
  expect(wrong.status).toBe(401);
  const page = await wrong.text();
  expect(page).toContain('role="alert">The e-mail address or the password is wrong.');
  expect(page).toContain(`value="${email}"`);
  expect(page).not.toContain('a wrong one');
  expect((await sendForm(app, '/login', { email: 'ada', password })).status).toBe(400);
  expect((await sendForm(app, '/login', {})).status).toBe(400);
  let last = wrong;
  for (let count = 0; count < 20; count += 1) {
    last = await sendForm(app, '/login', { email: 'ada', password });
  }
  expect(last.status).toBe(429);
  expect(last.headers.get('Content-Type')).toContain('text/html');
  expect(Number(last.headers.get('Retry-After'))).toBeGreaterThan(0);
});

it('brings people to the task they wanted once they sign in, and to no other place', async () => {
  const app = await startApp();
  const { userId, email } = await insertPerson(app.deps);
  const id = await addTask(app, userId);
  const asked = await app.ask('GET', `/tasks/${id}`);
  expect(asked.status).toBe(303);
  const form = asked.headers.get('Location') ?? '';
  expect(await (await app.ask('GET', form)).text()).toContain(`name="to" value="/tasks/${id}"`);
  const placeFor = async (to: string) =>
    (await sendForm(app, '/login', { email, password, to })).headers.get('Location');
  expect(await placeFor(`/tasks/${id}`)).toBe(`/tasks/${id}`);
  for (const to of ['https://evil.example', '//evil.example', `/tasks/${id}/../../x`, '/tasks/']) {
    expect(await placeFor(to), to).toBe('/');
  }
});

it("keeps other accounts' tasks away, whatever of them is asked for", async () => {
  const app = await startApp();
  const owner = await signedIn(app);
  const id = await addTask(app, owner.userId, 'secret plate');
  const { browser } = await signedIn(app);
  expect(await (await browser.get('/')).text()).toContain('No tasks yet');
  for (const end of ['', '/events', '/thumbnail', '/results.zip']) {
    const reply = await browser.get(`/tasks/${id}${end}`);
    expect(reply.status, end).toBe(404);
    expect(await reply.text()).not.toContain('secret');
    const stranger = await app.ask('GET', `/tasks/${id}${end}`);
    expect(stranger.status, end).toBe(303);
  }
  expect((await browser.post(`/tasks/${id}/cancel`)).status).toBe(404);
  for (const no of ['%00', 'tsk_', '..%2f..', '%ff']) {
    expect((await browser.get(`/tasks/${no}`)).status, no).toBe(404);
  }
  expect(await (await owner.browser.get(`/tasks/${id}`)).text()).toContain('Waiting');
});

it('cancels a task by its button, once, and says so on its page and to who follows it', async () => {
  const app = await startApp();
  const { userId, browser } = await signedIn(app);
  const id = await addTask(app, userId);
  const following = browser.get(`/tasks/${id}/events`).then((reply) => reply.text());
  const reply = await browser.post(`/tasks/${id}/cancel`);
  expect(reply.headers.get('Location')).toBe(`/tasks/${id}`);
  const page = await (await browser.get(`/tasks/${id}`)).text();
  expect(page).toContain('Cancelled');
  expect(page).not.toContain('Cancel the task');
  const last = /data: (.*)\n\n$/.exec(await following)?.[1] ?? '';
  expect(TaskEvent.parse(JSON.parse(last)).status).toBe('cancelled');
  await app.deps.db.updateTable('tasks').set({ status: 'completed' }).execute();
  expect((await browser.post(`/tasks/${id}/cancel`)).status).toBe(409);
});

it('pages through tasks, newest first, each once', async () => {
  const app = await startApp();
  const { userId, browser } = await signedIn(app);
  for (let count = 0; count < 23; count += 1) await insertTask(app.deps.db, userId);
  const idsOf = (page: string) =>
    [...page.matchAll(/href="\/tasks\/(tsk_\w+)"/g)].map(([, id]) => id);
  const first = await (await browser.get('/')).text();
  const next = /href="(\/\?cursor=[^"]+)"/.exec(first)?.[1] ?? '';
  const second = await (await browser.get(next)).text();
  expect([idsOf(first).length, idsOf(second).length]).toEqual([20, 3]);
  expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(23);
  expect(second).toContain('First page');
  expect(second).not.toContain('Next page');
  const reply = await browser.get('/?cursor=nonsense');
  expect(reply.status).toBe(400);
  expect(reply.headers.get('Content-Type')).toContain('text/html');
});

it('makes accounts and sends resets by forms, tells nobody who has one, and keeps what was typed', async () => {
  const app = await startApp();
  const { email } = await insertPerson(app.deps);
  const pageOf = async (path: string, fields: Record<string, string>) => {
    const reply = await sendForm(app, path, fields);
    return { status: reply.status, text: await reply.text() };
  };
  const known = await pageOf('/register', { email, password });
  const fresh = await pageOf('/register', { email: 'new@example.com', password });
  expect(known.status).toBe(200);
  expect(known.text.replaceAll(email, '')).toBe(fresh.text.replaceAll('new@example.com', ''));
  const asked = await pageOf('/forgotten', { email });
  const nobody = await pageOf('/forgotten', { email: 'nobody@example.com' });
  expect(asked.text.replaceAll(email, '')).toBe(nobody.text.replaceAll('nobody@example.com', ''));
  const short = await pageOf('/register', { email: '"><b>@example.com', password: 'short' });
  expect(short.status).toBe(400);
  expect(short.text).toContain('role="alert"');
  expect(short.text).toContain('value="&quot;&gt;&lt;b&gt;@example.com"');
  expect(short.text).not.toContain('short"');
  const elsewhere = { Origin: 'https://evil.example' };
  const forged = await sendForm(app, '/register', { email, password }, elsewhere);
  expect(forged.status).toBe(403);
});
