// `roto serve` on its own while a task runs: four callers ask it for everything a page asks for, for a
// minute, and nothing waits for the engine. Says the slowest call of each kind and how late the event
// loop was at most. `npm run soak embedded -- [seconds]`
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Qualities, Task, TokenPair, Video } from '@roto/sdk/contract';
import { createSyntheticClip } from '../../inference/test/support/synthetic-clip.ts';
import { writeMovie } from '../../inference/test/support/write-movie.ts';
import { startServeProcess } from '../test/support/serve-process.ts';

/** Milliseconds of one call that count as a stall. */
const stallMs = 2000;
const callers = 4;
const seconds = Number(process.argv[2] ?? 60);
const size = { width: 640, height: 360 };
const frames = Math.max(48, seconds * 8);

const service = await startServeProcess();
const folder = await mkdtemp(join(tmpdir(), 'roto-soak-'));
try {
  const { token, task } = await startTask();
  const state = async () =>
    Task.parse(await (await ask('GET', `/api/tasks/${task.id}`, token)).json());
  while ((await state()).progress?.stage !== 'track') await sleep(200);

  const paths = [
    `/api/tasks/${task.id}`,
    '/api/tasks?limit=20',
    '/api/videos?limit=20',
    '/api/credits',
    '/api/users/storage',
    '/',
    '/readyz',
  ];
  const slowest = new Map<string, number>();
  const took: number[] = [];
  let lagMs = 0;
  const endMs = performance.now() + seconds * 1000;
  const first = (await state()).progress?.done ?? 0;
  const call = async (index: number) => {
    for (let at = index; performance.now() < endMs; at += 1) {
      const path = paths[at % paths.length] ?? '/';
      const startedMs = performance.now();
      const reply = await ask('GET', path, token);
      await reply.arrayBuffer();
      if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
      const ms = performance.now() - startedMs;
      took.push(ms);
      slowest.set(path, Math.max(slowest.get(path) ?? 0, ms));
      // As many as an account may ask for in a minute, all callers together.
      await sleep(440);
    }
  };
  const watch = async () => {
    while (performance.now() < endMs) {
      lagMs = Math.max(lagMs, await loopLag());
      await sleep(2000);
    }
  };
  await Promise.all([...Array.from({ length: callers }, (_, index) => call(index)), watch()]);
  const now = await state();
  took.sort((a, b) => a - b);
  const at = (part: number) => (took[Math.floor(took.length * part)] ?? 0).toFixed(0);
  for (const [path, ms] of slowest) console.log(`${ms.toFixed(0).padStart(6)} ms  ${path}`);
  console.log(
    `${took.length} calls in ${seconds} s while frames ${first} to ${now.progress?.done} of ${frames} were tracked (${now.status}); half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms; event loop late by ${lagMs.toFixed(0)} ms at most`,
  );
  if (now.status !== 'processing') throw new Error('The task did not run all the time.');
  if ((took.at(-1) ?? 0) > stallMs) process.exitCode = 1;
} finally {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}

async function ask(
  method: string,
  path: string,
  token?: string,
  json?: unknown,
): Promise<Response> {
  return fetch(`${service.origin}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
}

/** Milliseconds that the event loop was late by since the last look. */
async function loopLag(): Promise<number> {
  const text = await (await ask('GET', '/metrics')).text();
  return 1000 * Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1] ?? 0);
}

/** An account with a clip, and a task that has more frames than it can track in the time. */
async function startTask(): Promise<{ token: string; task: Task }> {
  const account = { email: 'soak@example.com', password: 'correct horse battery' };
  await ask('POST', '/api/auth/register', undefined, account);
  const { pathname } = new URL(await service.link);
  await ask('POST', `/api/auth/confirm/${pathname.split('/').at(-1)}`, undefined, {});
  const login = await ask('POST', '/api/auth/login', undefined, account);
  const { accessToken: token } = TokenPair.parse(await login.json());
  const clip = createSyntheticClip({ ...size, frames, span: 48, pillar: false });
  const path = join(folder, 'clip.mp4');
  const pictures = function* () {
    for (let frame = 0; frame < frames; frame += 1) yield clip.frame(frame).rgb;
  };
  await writeMovie(path, { ...size, frames: pictures() });
  const body = new FormData();
  body.set('file', new Blob([await readFile(path)]), 'clip.mp4');
  const headers = { Authorization: `Bearer ${token}` };
  const sent = await fetch(`${service.origin}/api/videos/upload`, {
    method: 'POST',
    headers,
    body,
  });
  const { id } = Video.parse(await sent.json());
  for (;;) {
    const video = Video.parse(await (await ask('GET', `/api/videos/${id}`, token)).json());
    const models = Qualities.parse(await (await ask('GET', '/api/qualities', token)).json());
    if (video.status === 'ready' && models.qualities[0]?.available === true) break;
    await sleep(300);
  }
  const [click] = clip.clicks;
  const reply = await ask('POST', `/api/videos/${id}/generate-masks`, token, {
    points: { positive: [[click?.x ?? 0, click?.y ?? 0]] },
  });
  if (reply.status !== 202) throw new Error(await reply.text());
  return { token, task: Task.parse(await reply.json()) };
}
