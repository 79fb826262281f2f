import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { inTransaction } from '../../../server/src/db/transaction.ts';
import { grant } from '../../../server/src/services/ledger.ts';
import { madeFrames } from '../../../server/test/support/made-clips.ts';
import { addMember } from '../../../server/test/support/members.ts';
import { makeClip } from '../../../server/test/support/ready-video.ts';
import { startApp } from '../../../server/test/support/start-app.ts';
import { Roto, signWebhook, type TaskHandle } from '../../src/index.ts';

/** What the examples of the documentation may use without declaring it. */
export interface ExampleContext {
  readonly roto: Roto;
  readonly console: { log(...values: readonly unknown[]): void };
  /** Of an account that may sign in. */
  readonly email: string;
  readonly password: string;
  /** A video that is ready, and was masked. */
  readonly video_id: string;
  /** A movie. */
  readonly file: Blob;
  /** One that has completed. */
  readonly task: TaskHandle;
  readonly secret: string;
  /** A webhook, signed by the secret. */
  readonly request: Request;
  /** A shot document. */
  readonly text: string;
  /** A result as `roto mask --json` prints it. */
  readonly stdout: string;
}

/** A service with an account, and a folder with `clip.mp4` and `plate.####.png`. */
export async function exampleContext(folder: string): Promise<ExampleContext> {
  const app = await startApp({ work: true });
  const { deps } = app;
  const { id: userId, email, token } = await addMember(app, { isSuper: true });
  await inTransaction(deps.db, (trx) => grant(trx, deps, { userId, credits: 100 }));
  const roto = new Roto({
    baseUrl: 'http://roto.test',
    apiKey: token,
    fetch: (url, init) => app.app.request(url, { ...init }),
  });
  const { path } = await makeClip(2);
  await copyFile(path, join(folder, 'clip.mp4'));
  const frames = await madeFrames(1001, 2);
  for (const [number, { bytes }] of frames) {
    await writeFile(join(folder, `plate.${number}.png`), bytes);
  }
  await expect
    .poll(async () => (await roto.masks.qualities()).qualities[0]?.available, { timeout: 60_000 })
    .toBe(true);
  const points = { positive: [[48, 32]] satisfies [number, number][] };
  const { video, task } = await roto.mask(path, { points, outputs: ['rle'] });
  const body = '{"type":"task.completed"}';
  const secret = 'whsec_example';
  const signature = await signWebhook(body, secret);
  return {
    roto,
    console: { log: () => undefined },
    email,
    password: 'correct horse battery',
    video_id: video.id,
    file: new File(
      [...frames.values()].map(({ bytes }) => bytes),
      'other.mp4',
    ),
    task,
    secret,
    // A body can be read once.
    get request() {
      const headers = { 'roto-signature': signature };
      return new Request('http://here.test/hook', { method: 'POST', body, headers });
    },
    text: JSON.stringify(shot),
    stdout: JSON.stringify(result),
  };
}

const shot = {
  schema: 'roto.shot/1',
  source: { path: 'clip.mp4' },
  objects: [{ id: 1, name: 'hero', prompts: [{ frame: 0, box: { x1: 1, y1: 1, x2: 9, y2: 9 } }] }],
};

const result = {
  schema: 'roto.result/1',
  clip: {
    path: 'clip.mp4',
    width: 96,
    height: 64,
    rate: { num: 24, den: 1 },
    firstFrame: 0,
    lastFrame: 1,
  },
  engine: 'lite',
  model: { id: 'mobilesam', sha256: '0' },
  device: 'cpu',
  track: 'trk_0',
  objects: [],
  outputs: [],
  timings: {},
  warnings: [],
};
