import { FrameNumber, httpStatusOf, RotoError } from '@roto/sdk/contract';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import { toRotoError } from '../../errors/to-roto-error.ts';
import { PickAction } from '../pick-action.ts';
import type { DeskView, PickDesk } from '../pick-desk.ts';
import { fromHereOnly, type PageAccess } from './page-access.ts';
import { readPage, readPageFile } from './page-files.ts';

/** Bytes of a request at most; the largest one is an action. */
const maxBody = 64 * 1024;
/** Between two signs of life, so that a connection which is gone is noticed. */
const heartbeatMs = 15_000;

/** What a page stands on. */
export interface PickAppOptions {
  readonly desk: PickDesk;
  readonly access: PageAccess;
  /** What of the shot never changes, for the page to show. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Called when somebody says on the page that they are done. */
  readonly onDone: () => void;
  /** Aborts when the server is to end. */
  readonly signal: AbortSignal;
}

/** The page and what it asks for. Everything of the clip is behind the key. */
export function createPickApp(options: PickAppOptions): Hono {
  const { access } = options;
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
    }),
    noStore,
    fromHereOnly,
    bodyLimit({
      maxSize: maxBody,
      onError: () => {
        throw new RotoError('payload_too_large', `Expected at most ${maxBody} bytes.`);
      },
    }),
  );
  app.onError((thrown, c) => answerFailure(c, toRotoError(thrown, options.signal)));
  app.notFound((c) => answerFailure(c, new RotoError('not_found', 'There is nothing here.')));
  app.get('/', async (c) => {
    const token = c.req.query('token');
    const key = token === undefined ? '' : access.redeem(token);
    return c.html((await readPage()).replace('KEY', key));
  });
  app.route('/api', pickApi(options));
  app.get('/*', async (c) => {
    const file = await readPageFile(c.req.path);
    if (file === undefined) return c.notFound();
    return c.body(file.body, 200, { 'Content-Type': file.type });
  });
  return app;
}

/** Frames are somebody's work, and the key is a secret: neither stays in a cache on disk. */
const noStore = async (c: Context, next: () => Promise<void>) => {
  await next();
  c.header('Cache-Control', 'no-store');
};

function pickApi({ desk, access, facts, onDone, signal }: PickAppOptions): Hono {
  const api = new Hono();
  api.use(access.keyOnly);
  api.get('/facts', (c) => c.json(facts));
  api.get('/events', (c) => followDesk(c, desk, signal));
  api.post('/actions', async (c) => {
    desk.act(parsed(PickAction, await bodyOf(c)));
    return c.body(null, 204);
  });
  api.get('/frames/:frame', async (c) => {
    const frame = numberOf(c.req.param('frame'), 'frame');
    const bytes = await desk.session.pictureFile(frame, c.req.raw.signal);
    return c.body(bytesOf(bytes), 200, { 'Content-Type': 'image/jpeg' });
  });
  api.get('/masks/:object/:frame', async (c) => {
    const object = numberOf(c.req.param('object'), 'object');
    const frame = numberOf(c.req.param('frame'), 'frame');
    const mask = await desk.mask(object, frame, c.req.raw.signal);
    if (mask === undefined) return c.body(null, 204);
    const png = await desk.session.maskFile(mask);
    const score = mask.score.toFixed(3);
    return c.body(bytesOf(png), 200, { 'Content-Type': 'image/png', 'Roto-Score': score });
  });
  api.post('/save', async (c) => {
    await desk.save();
    return c.body(null, 204);
  });
  api.post('/run', async (c) => {
    const { overwrite } = parsed(z.strictObject({ overwrite: z.boolean() }), await bodyOf(c));
    desk.startRun(overwrite ? { overwrite } : {});
    return c.body(null, 202);
  });
  api.delete('/run', (c) => {
    desk.stopRun();
    return c.body(null, 204);
  });
  api.post('/done', (c) => {
    onDone();
    return c.body(null, 204);
  });
  return api;
}

/** What is on the desk, one JSON document a line: now, and whenever it changes. */
function followDesk(c: Context, desk: PickDesk, signal: AbortSignal): Response {
  c.header('Content-Type', 'application/x-ndjson');
  return stream(c, async (out) => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const send = (view: DeskView) => void out.writeln(JSON.stringify(view)).catch(end);
    const unsubscribe = desk.subscribe(send);
    const beat = setInterval(() => void out.writeln('').catch(end), heartbeatMs);
    out.onAbort(end);
    signal.addEventListener('abort', () => end(), { once: true });
    if (signal.aborted) end();
    send(desk.view);
    await over;
    clearInterval(beat);
    unsubscribe();
  });
}

function answerFailure(c: Context, error: RotoError): Response {
  const status = httpStatusOf(error.code);
  const { code, message, hint } = error;
  if (c.req.path.startsWith('/api/')) return c.json({ error: { code, message, hint } }, status);
  return c.text(`${message}${hint === undefined ? '' : ` ${hint}`}\n`, status);
}

/** @throws RotoError `invalid_argument`; JSON is what no form of another page can send */
async function bodyOf(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header('Content-Type') ?? '')) {
    throw new RotoError('media_type_unsupported', 'Expected a body of application/json.');
  }
  try {
    return await c.req.json();
  } catch (cause) {
    throw new RotoError('invalid_argument', 'Expected JSON in the body.', { cause });
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new RotoError('invalid_argument', z.prettifyError(error), { cause: error });
}

function numberOf(text: string, what: string): number {
  const number = FrameNumber.safeParse(/^-?\d{1,9}$/.test(text) ? Number(text) : undefined);
  if (number.success) return number.data;
  throw new RotoError('invalid_argument', `Expected a number as ${what}.`, { param: what });
}

/** The bytes alone, without those around them in memory. */
function bytesOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
