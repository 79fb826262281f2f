import { ApiErrorBody, MaskPreview } from '@roto/sdk/contract';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  answerPreviewRequest,
  previewChannel,
  takePreviewRequest,
} from '../src/db/queries/preview-requests.ts';
import type { AppDeps } from '../src/deps.ts';
import { createLog } from '../src/log.ts';
import { openNews } from '../src/services/news.ts';
import { type PreviewLook, previewPatienceMs } from '../src/services/preview-lane.ts';
import { addReadyVideo, makeClip } from './support/ready-video.ts';
import { insertVideo, insertWorker } from './support/rows.ts';
import { signIn } from './support/sign-in.ts';
import { startApp, type TestApp } from './support/start-app.ts';

const points = { positive: [[32, 18]] };

function look(app: TestApp, token: string, videoId: string, json: object = { points }) {
  return app.ask('POST', `/api/videos/${videoId}/preview-mask`, { token, json });
}

async function expectBusy(reply: Response): Promise<void> {
  expect(reply.status).toBe(503);
  expect(reply.headers.get('Retry-After')).toBe('5');
  expect(ApiErrorBody.parse(await reply.json()).error.code).toBe('preview_busy');
}

/** A worker that takes previews as real ones do, and answers without looking. */
async function startHost(deps: AppDeps, hold: Promise<void> = Promise.resolve()) {
  const { db, clock, database } = deps;
  const id = await insertWorker(deps);
  const news = await openNews(database, previewChannel, createLog('silent'));
  const told = news.follow(id);
  const over = new AbortController();
  const served: string[] = [];
  const serve = async () => {
    while (!over.signal.aborted) {
      const request = await takePreviewRequest(db, id, clock());
      if (request === undefined) {
        await told.next(1000, over.signal);
        continue;
      }
      served.push(request.video_id);
      await hold;
      const value: PreviewLook = { frame: 0, objects: [], overlayKey: 'none.png', encoderRuns: 0 };
      await answerPreviewRequest(db, request.id, { status: 'answered', value, now: clock() });
    }
  };
  const serving = serve();
  onTestFinished(async () => {
    over.abort();
    await serving;
    await news.close();
  });
  return { id, served };
}

it('says after 20 seconds that no host is free, and when to come again', async () => {
  expect(previewPatienceMs).toBe(20_000);
  const app = await startApp({ kind: 'postgres', previewPatienceMs: 300 });
  const { token, userId } = await signIn(app.deps);
  const videoId = await insertVideo(app.deps, userId);
  await expectBusy(await look(app, token, videoId));
  // One that is there and takes nothing: what nobody waits for any more is not done later.
  await insertWorker(app.deps);
  await expectBusy(await look(app, token, videoId));
  const rows = await app.deps.db.selectFrom('preview_requests').select('status').execute();
  expect(rows).toEqual([{ status: 'abandoned' }]);
});

it('says so in one process too, where the one host looks at something else', async () => {
  const app = await startApp({ work: true, previewPatienceMs: 1 });
  const { token, userId } = await signIn(app.deps);
  const { path, click } = await makeClip(2);
  const videoId = await addReadyVideo(app.deps, userId, path, 2);
  const json = { points: { positive: [click] } };
  const first = look(app, token, videoId, json);
  const second = look(app, token, videoId, json);
  const replies = await Promise.all([first, second]);
  const [answered, busy] = replies.toSorted((a, b) => a.status - b.status);
  expect(MaskPreview.parse(await answered?.json()).objects).toHaveLength(1);
  if (busy !== undefined) await expectBusy(busy);
}, 90_000);

it('keeps a video with its host while that lives, and gives another video to an idle one', async () => {
  const app = await startApp({ kind: 'postgres' });
  const { token, userId } = await signIn(app.deps);
  const [a, b] = [await insertVideo(app.deps, userId), await insertVideo(app.deps, userId)];
  const held = Promise.withResolvers<void>();
  const hosts = [await startHost(app.deps, held.promise), await startHost(app.deps, held.promise)];
  const servedA = () => hosts.find(({ served }) => served.includes(a));
  const waiting = [look(app, token, a)];
  await vi.waitFor(() => expect(servedA()).toBeDefined(), { timeout: 10_000 });
  waiting.push(look(app, token, b));
  const home = servedA();
  const other = hosts.find((host) => host !== home);
  await vi.waitFor(() => expect(other?.served).toEqual([b]), { timeout: 10_000 });
  held.resolve();
  for (const reply of await Promise.all(waiting)) expect(reply.status).toBe(200);
  for (let count = 0; count < 3; count += 1) await look(app, token, a);
  expect(home?.served).toEqual([a, a, a, a]);
  // The host dies: its heartbeat stops.
  const long = new Date(app.deps.clock().getTime() - 3_600_000);
  await app.deps.db
    .updateTable('workers')
    .set({ heartbeat_at: long })
    .where('id', '=', home?.id ?? '')
    .execute();
  expect((await look(app, token, a)).status).toBe(200);
  expect(other?.served).toEqual([b, a]);
});
