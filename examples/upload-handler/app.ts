import { type Roto, verifyWebhook } from '@roto/sdk';
import { WebhookMessage } from '@roto/sdk/contract';
import { Hono } from 'hono';

/** What the app stands on. */
export interface UploadHandlerOptions {
  readonly roto: Roto;
  /** Secret of the webhook that was made for `/hook`. */
  readonly secret: string;
  /** Told of every task that has ended, once it is sure that the server says so. */
  readonly onEnded: (message: WebhookMessage) => Promise<void>;
}

/**
 * A web app that hands clips on to roto. `PUT /clips/NAME?x=420&y=310` streams a clip through to the
 * server and begins to mask what is at the click; `POST /hook` is where the server tells that it has.
 */
export function createUploadHandler({ roto, secret, onEnded }: UploadHandlerOptions): Hono {
  const app = new Hono();

  app.put('/clips/:name', async (c) => {
    const { body, signal } = c.req.raw;
    const [x, y] = [Number(c.req.query('x')), Number(c.req.query('y'))];
    if (body === null || !Number.isFinite(x) || !Number.isFinite(y)) {
      return c.json({ error: 'Expected a clip as the body, and x and y of a click.' }, 400);
    }
    // Piece by piece: the clip is never whole in memory, nor on this machine's disk.
    const video = await roto.videos.upload(body, { name: c.req.param('name'), signal });
    await roto.videos.wait(video.id, { signal });
    const task = await roto.masks.create(
      { video_id: video.id, points: { positive: [[x, y]] } },
      { signal },
    );
    return c.json({ video: video.id, task: task.id }, 202);
  });

  app.post('/hook', async (c) => {
    const request = { body: await c.req.text(), signature: c.req.header('roto-signature') };
    const said = await verifyWebhook(request, secret).catch(() => undefined);
    const message = WebhookMessage.safeParse(said);
    if (!message.success) return c.body(null, 400);
    // A delivery may come twice: its id tells.
    await onEnded(message.data);
    return c.body(null, 204);
  });

  return app;
}
