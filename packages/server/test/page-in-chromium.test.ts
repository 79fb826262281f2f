import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Task, TokenPair, Video } from '@roto/sdk/contract';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { secondsAfter } from '../src/clock.ts';
import { json } from '../src/db/column-types.ts';
import { inTransaction } from '../src/db/transaction.ts';
import { keepLease, takeLease } from '../src/jobs/leases.ts';
import { newId } from '../src/new-id.ts';
import { grant } from '../src/services/ledger.ts';
import { enqueueTask } from '../src/services/task-queue.ts';
import { insertPerson, password } from './support/browser-login.ts';
import { chromiumPath, complaintsOf, listen, startChromium } from './support/chromium.ts';
import { madeFrames } from './support/made-clips.ts';
import { mailsIn, tokenOf } from './support/mails.ts';
import { operationsOf } from './support/operations.ts';
import { makeClip } from './support/ready-video.ts';
import { insertTask } from './support/rows.ts';
import { startApp, type TestApp } from './support/start-app.ts';

/** Where pictures of the pages are put, for those who want to look at them. */
const pictures = process.env['ROTO_PAGE_PICTURES'];

const desktop = { width: 1280, height: 900 };
const phone = { width: 360, height: 740 };
const longWord = 'x'.repeat(120);

/** Fills in the form as somebody does who has no mouse. */
async function signIn(page: Page, email: string): Promise<void> {
  const press = (key: string) => page.keyboard.press(key);
  for (let count = 0; count < 2; count += 1) await press('Tab');
  await page.keyboard.type(email);
  await press('Tab');
  await page.keyboard.type(password);
  await press('Enter');
  await page.waitForURL((url) => url.pathname !== '/login');
}

/** Uploads a clip and asks for its mattes, by the API. */
async function startTask({ ask, app }: TestApp, email: string): Promise<Task> {
  const login = await ask('POST', '/api/auth/login', { json: { email, password } });
  const { accessToken: token } = TokenPair.parse(await login.json());
  const { path, click } = await makeClip(12);
  const body = new FormData();
  body.set('file', new Blob([await readFile(path)]), 'Plate 1.mp4');
  const headers = { Authorization: `Bearer ${token}` };
  const sent = await app.request('/api/videos/upload', { method: 'POST', headers, body });
  const { id } = Video.parse(await sent.json());
  const [x, y] = click;
  const points = [{ x, y, label: 'positive' as const }];
  const shot = {
    schema: 'roto.shot/1',
    source: { path: 'clip' },
    objects: [{ id: 1, name: 'hero', prompts: [{ frame: 0, points }] }],
    engine: { name: 'lite', quality: 'draft', inputSize: 256 },
    outputs: [{ format: 'png16' }],
  };
  return vi.waitFor(
    async () => {
      const reply = await ask('POST', `/api/videos/${id}/generate-masks`, {
        token,
        json: { shot },
      });
      if (reply.status !== 202) throw new Error(await reply.text());
      return Task.parse(await reply.json());
    },
    { timeout: 60_000, interval: 300 },
  );
}

/** Tasks in every state with what is hard to show, of an account with a picture on one. */
async function addHardTasks(app: TestApp, userId: string): Promise<string[]> {
  const { db, storage, clock } = app.deps;
  const videoId = newId('video');
  const key = `users/${userId}/videos/${videoId}/thumbnail.png`;
  const [picture] = (await madeFrames(1, 1)).values();
  await storage.put(key, Readable.from([picture?.bytes ?? Buffer.of()]));
  const title = `<b>Plate</b> ${longWord}.mov`;
  const video = { id: videoId, user_id: userId, title, s3_key: key, thumbnail_key: key };
  await db
    .insertInto('videos')
    .values({ ...video, kind: 'movie', status: 'ready' })
    .execute();
  const progress = {
    stage: 'track',
    done: 120,
    total: 480,
    framesPerSecond: 3.2,
    secondsLeft: 112,
  };
  const states = [
    { status: 'pending' as const },
    { status: 'processing' as const, progress: json({ ...progress }), started_at: clock() },
    {
      status: 'failed' as const,
      error_code: 'engine_failed',
      error_message: `Broke: ${longWord}`,
      completed_at: clock(),
    },
    { status: 'cancelled' as const, completed_at: clock() },
    { status: 'completed' as const, completed_at: clock() },
  ];
  const ids: string[] = [];
  for (const state of states) {
    const id = await insertTask(db, userId, 3);
    const model = {
      quality: 'standard',
      model: 'sam2.1-small',
      device: 'cuda:0',
      video_id: videoId,
    };
    await db
      .updateTable('tasks')
      .set({ ...model, ...state })
      .where('id', '=', id)
      .execute();
    ids.push(id);
  }
  const [pending = '', running = ''] = ids;
  await enqueue(app, running, userId);
  await holdTask(app);
  await enqueue(app, pending, userId);
  const inAnHour = secondsAfter(clock(), 3600);
  for (const device of ['cpu', 'cuda:0 NVIDIA H100 80GB HBM3']) {
    const models = json<readonly string[]>(['mobilesam', 'sam2.1-small', 'sam2.1-large']);
    const row = { hostname: 'here', version: '0', state: 'ready' as const, heartbeat_at: inAnHour };
    await db
      .insertInto('workers')
      .values({ ...row, id: newId('worker'), device, models })
      .execute();
  }
  return ids;
}

/** Puts a task into the queue, where the service looks for what its row says. */
async function enqueue({ deps }: TestApp, id: string, userId: string): Promise<void> {
  const task = { id, user_id: userId, requires: 'sam2.1-small', turn: 0 };
  await inTransaction(deps.db, (trx) => enqueueTask(trx, deps, task));
}

/** Takes the one task that waits, as a worker does, and keeps it until the test ends. */
async function holdTask({ deps: { queue } }: TestApp): Promise<void> {
  const lease = await takeLease(queue, []);
  if (lease === undefined) throw new Error('Nothing waits.');
  const timer = setInterval(() => void keepLease(queue, lease).catch(() => undefined), 2000);
  onTestFinished(() => clearInterval(timer));
}

const AxeRule = z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) });
const AxeFindings = z.object({ violations: z.array(AxeRule), incomplete: z.array(AxeRule) });

/** What axe finds wrong, as `rule: element`; contrast that it cannot judge counts. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, incomplete } = AxeFindings.parse(await page.evaluate('axe.run()'));
  const unsure = incomplete.filter(({ id }) => id === 'color-contrast');
  return [...violations, ...unsure].flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html}`),
  );
}

const Focused = z.object({ name: z.string(), outline: z.string() }).nullable();
type Focused = z.infer<typeof Focused>;

const focused = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const name = element.id || element.textContent.trim();
  return { name, outline: outlineStyle + ' ' + outlineWidth };
})()`;

/** Elements that Tab reaches, one after the other, each with how it shows that. */
async function tabStops(page: Page): Promise<NonNullable<Focused>[]> {
  const stops: NonNullable<Focused>[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const stop = Focused.parse(await page.evaluate(focused));
    if (stop === null || stops.length > 50) return stops;
    stops.push(stop);
  }
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

describe.skipIf(chromiumPath === undefined)('pages in Chromium (needs chromium)', () => {
  it('follow a real task live from the sign-in on, all by the keyboard, and give its files', async () => {
    const app = await startApp({ work: true });
    const { userId, email } = await insertPerson(app.deps);
    await inTransaction(app.deps.db, (trx) => grant(trx, app.deps, { userId, credits: 9 }));
    const task = await startTask(app, email);
    const { origin } = await listen(app);
    const browser = await startChromium();
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.goto(`${origin}/tasks/${task.id}`);
    await signIn(page, email);
    expect(new URL(page.url()).pathname).toBe(`/tasks/${task.id}`);
    await page.evaluate(`document.body.setAttribute('data-same', 'yes')`);
    await page.waitForSelector('#task-progress progress', { timeout: 120_000 });
    expect(await page.textContent('#task-progress')).toMatch(/\d+ of \d+ frames|B of/);
    await keepPicture(page, 'running');
    await page.waitForSelector('.mark.completed', { timeout: 120_000 });
    const links = page.locator('.files a');
    await links.first().waitFor();
    expect(await links.count()).toBe(12);
    expect(await page.locator('#cancel').count()).toBe(0);
    // All of it happened on the page as it was loaded at first.
    expect(await page.getAttribute('body', 'data-same')).toBe('yes');
    expect(
      Number(await page.evaluate(`document.querySelector('img.thumb').naturalWidth`)),
    ).toBeGreaterThan(0);
    await keepPicture(page, 'done');
    const path = new URL((await links.first().getAttribute('href')) ?? '').pathname;
    const file = await page.request.get(`${origin}${path}`);
    expect((await file.body()).subarray(1, 4).toString()).toBe('PNG');
    const zip = await page.request.get(`${origin}/tasks/${task.id}/results.zip`);
    expect((await zip.body()).readUInt32LE(0)).toBe(0x04034b50);
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(complaints).toEqual([]);

    const still = await browser.newContext({ javaScriptEnabled: false });
    const plain = await still.newPage();
    await plain.goto(`${origin}/login`);
    await signIn(plain, email);
    await plain.click(`#${task.id}`);
    expect(await plain.textContent('h1')).toBe('Masks of Plate 1.mp4');
    expect(await plain.locator('.files a').count()).toBe(12);
  }, 300_000);

  it('fit desktop and phone, light and dark, with contrast, labels and a focus that is seen', async () => {
    const app = await startApp();
    const { userId, email } = await insertPerson(app.deps);
    const ids = await addHardTasks(app, userId);
    const [, running = '', failed = ''] = ids;
    const { origin } = await listen(app);
    const browser = await startChromium();
    for (const [size, viewport] of Object.entries({ desktop, phone })) {
      const page = await browser.newPage({ viewport, reducedMotion: 'reduce' });
      const complaints = complaintsOf(page);
      const look = async (path: string, name: string) => {
        await page.goto(`${origin}${path}`);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const width = await page.evaluate('document.documentElement.scrollWidth');
          const place = `${name} ${size} ${colorScheme}`;
          expect(width, place).toBeLessThanOrEqual(viewport.width);
          expect(await faultsOf(page), place).toEqual([]);
          expect(await page.evaluate('document.getAnimations().length')).toBe(0);
          await keepPicture(page, `${name}-${size}-${colorScheme}`);
        }
      };
      await look('/', 'stranger');
      await look('/login', 'login');
      await look('/register', 'register');
      await look('/forgotten', 'forgotten');
      await page.goto(`${origin}/login`);
      await signIn(page, email);
      await look('/', 'status');
      const stops = await tabStops(page);
      const names = stops.map(({ name }) => name);
      expect(new Set(names)).toEqual(new Set(['roto', 'Sign out', ...ids]));
      for (const { name, outline } of stops) expect(outline, name).toBe('solid 3px');
      await look(`/tasks/${running}`, 'task');
      expect(await page.locator('.mark.processing').count()).toBe(1);
      await look(`/tasks/${failed}`, 'failed');
      expect(complaints).toEqual([]);
      await look(`/tasks/${newId('task')}`, 'nothing');
    }
  }, 240_000);

  it('keep the focus while they follow, come back after a break, and cancel by a key', async () => {
    const app = await startApp();
    const { userId, email } = await insertPerson(app.deps);
    const [pending = '', running = ''] = await addHardTasks(app, userId);
    const page = await (await startChromium()).newPage();
    const { origin, port, stop } = await listen(app);
    await page.goto(`${origin}/login`);
    await signIn(page, email);
    await page.focus(`#${running}`);
    const progress = json({ stage: 'track', done: 240, total: 480 });
    await app.deps.db.updateTable('tasks').set({ progress }).where('id', '=', running).execute();
    await page.getByText('240 of 480 frames').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe(running);
    await page.goto(`${origin}/tasks/${running}`);
    stop();
    await page.getByText('The service does not answer now.').waitFor();
    const later = json({ stage: 'track', done: 360, total: 480 });
    await app.deps.db
      .updateTable('tasks')
      .set({ progress: later })
      .where('id', '=', running)
      .execute();
    await listen(app, port);
    await page.getByText('360 of 480 frames').waitFor();
    expect(await page.textContent('#live-note')).toBe('');
    await page.goto(`${origin}/tasks/${pending}`);
    await page.focus('#cancel');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.mark.cancelled');
    expect(await page.locator('#cancel').count()).toBe(0);
  });

  it('make an account, reset its password and run a failed task again, all by the keyboard', async () => {
    const app = await startApp();
    const { origin } = await listen(app);
    const page = await (await startChromium()).newPage({ viewport: phone });
    const complaints = complaintsOf(page);
    const email = 'ada@example.com';
    const fill = async (fields: readonly string[]) => {
      await page.focus('#email, #password');
      for (const [index, text] of fields.entries()) {
        if (index > 0) await page.keyboard.press('Tab');
        await page.keyboard.type(text);
      }
      await page.keyboard.press('Enter');
    };
    const press = async (selector: string) => {
      await page.focus(selector);
      await page.keyboard.press('Enter');
    };
    /** Opens the link of the newest mail, on this socket. */
    const openMail = async (count: number, kind: string) => {
      const token = tokenOf((await mailsIn(app.data, count)).at(-1));
      await page.goto(`${origin}/${kind}/${token}`);
    };
    await page.goto(`${origin}/login`);
    await press('#register');
    await page.getByText('at least 10 characters').waitFor();
    await fill([email, 'correct horse battery']);
    await page.getByText('A mail is on its way to ada@example.com').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await keepPicture(page, 'mail-sent');
    await openMail(1, 'confirm');
    await press('button');
    await page.getByText('You can sign in now.').waitFor();
    await press('main a');
    await page.waitForURL('**/login');
    await press('#forgotten');
    await page.getByText('We send a mail').waitFor();
    await fill([email]);
    await page.getByText('If the address has an account').waitFor();
    await openMail(2, 'reset');
    await fill([password]);
    await page.getByText('You can sign in with it now.').waitFor();

    const user = await app.deps.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
    const [, , failed = ''] = await addHardTasks(app, user.id);
    await page.goto(`${origin}/tasks/${failed}`);
    await signIn(page, email);
    await page.goto(`${origin}/tasks/${failed}`);
    expect(await page.locator('#cancel').count()).toBe(0);
    await press('#retry');
    await page.waitForSelector('.mark.pending');
    expect(await page.locator('#retry').count()).toBe(0);
    expect(complaints).toEqual([]);
  }, 60_000);

  it('show the reference of the API with all of its operations', async () => {
    const app = await startApp();
    const operations = await operationsOf(app);
    const { origin } = await listen(app);
    const page = await (await startChromium()).newPage({ viewport: desktop });
    const complaints = complaintsOf(page);
    await page.goto(`${origin}/api/docs`);
    await page.locator('.opblock').first().waitFor();
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    await page.locator('.opblock-summary', { hasText: '/api/auth/login' }).first().click();
    await page.getByText('refreshToken').first().waitFor();
    await keepPicture(page, 'reference');
    expect(complaints).toEqual([]);
  }, 60_000);
});
