// The whole service once, by plain fetch: roto serve in an empty folder, then an account, a clip, a
// preview, mattes and a greenscreen, and everything away again. Run it with a clip of yours:
// node examples/service-story/story.ts CLIP X,Y [FOLDER]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  Estimate,
  MaskPreview,
  pageOf,
  Qualities,
  Task,
  TaskResult,
  TokenPair,
  User,
  Video,
} from '@roto/sdk/contract';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [clip, click = '', given] = process.argv.slice(2);
if (clip === undefined) throw new Error('Expected a clip: story.ts CLIP X,Y [FOLDER]');
const [x = 0, y = 0] = click.split(',').map(Number);
const folder = given ?? (await mkdtemp(join(tmpdir(), 'roto-story-')));
const data = join(folder, 'data');

const service = await startService();
try {
  await tell(service.origin);
} finally {
  await service.stop();
}

async function tell(origin: string): Promise<void> {
  const account = { email: 'story@example.com', password: 'a long enough password' };
  let token = '';
  const ask = async (method: string, path: string, json?: unknown): Promise<Response> => {
    const reply = await fetch(new URL(path, origin), {
      method,
      headers: {
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return reply;
  };
  const me = async () => User.parse(await (await ask('GET', '/api/users/me')).json());

  await ask('POST', '/api/auth/register', account);
  await ask('POST', `/api/auth/confirm/${await tokenFromMail()}`);
  token = TokenPair.parse(await (await ask('POST', '/api/auth/login', account)).json()).accessToken;
  const before = await me();
  say(`${before.email} is confirmed and has ${before.user_credits} credits`);

  const form = new FormData();
  form.set('file', await openAsBlob(clip ?? ''), basename(clip ?? ''));
  const headers = { Authorization: `Bearer ${token}` };
  const uploading = await fetch(new URL('/api/videos/upload', origin), {
    method: 'POST',
    headers,
    body: form,
  });
  const { id } = Video.parse(await uploading.json());
  const video = await until(async () => {
    const state = Video.parse(await (await ask('GET', `/api/videos/${id}`)).json());
    if (state.status === 'failed') throw new Error(`The video failed: ${state.error_message}`);
    return state.status === 'ready' ? state : undefined;
  });
  const { storage_used } = await me();
  say(`${video.title} is ready, ${storage_used.total_bytes} bytes are stored`);

  await until(async () => {
    const { qualities } = Qualities.parse(await (await ask('GET', '/api/qualities')).json());
    return qualities.find(({ quality, available }) => quality === 'draft' && available);
  });
  const points = { positive: [[x, y]] };
  const look = MaskPreview.parse(
    await (await ask('POST', `/api/videos/${id}/preview-mask`, { points })).json(),
  );
  say(`the click selects something, by a score of ${look.objects[0]?.score.toFixed(2)}`);

  const cost = Estimate.parse(
    await (await ask('GET', `/api/videos/${id}/estimate-cost?quality=draft`)).json(),
  );
  const task = Task.parse(
    await (
      await ask('POST', `/api/videos/${id}/generate-masks`, { points, greenscreen: true })
    ).json(),
  );
  say(`masks are estimated at ${cost.credits} credits and cost ${task.credit_cost}`);
  if (task.credit_cost > cost.credits) throw new Error('It costs more than was estimated.');
  const events = await ask('GET', `/api/tasks/${task.id}/events`);
  for (const line of (await events.text()).split('\n')) {
    if (line.startsWith('event: ')) say(line);
  }
  const done = Task.parse(await (await ask('GET', `/api/tasks/${task.id}`)).json());
  if (done.status !== 'completed')
    throw new Error(`The task ${done.status}: ${done.error_message}`);

  const page = pageOf(TaskResult).parse(
    await (await ask('GET', `/api/tasks/${task.id}/results?limit=100`)).json(),
  );
  for (const { path, url, sha256 } of page.data) {
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw new Error(`${path} broke`);
    const place = join(folder, 'results', path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, bytes);
  }
  const spent = await me();
  say(`${page.data.length} files are here; ${spent.user_credits} credits are left`);
  if (before.user_credits - spent.user_credits !== done.credit_cost) {
    throw new Error('The charge is not the cost.');
  }
  if (spent.storage_used.breakdown.masks_gb <= 0) throw new Error('The masks take no storage.');

  await ask('DELETE', `/api/videos/${id}`);
  const after = await me();
  say(`deleted: ${after.storage_used.total_bytes} bytes are stored`);
  if (after.storage_used.total_bytes !== 0) throw new Error('Something is still stored.');
}

/** Starts the built command on a free port, with all it keeps below the folder. */
async function startService() {
  const args = [join(root, 'packages/cli/bin/roto.js'), 'serve', '--port', '0', '--data', data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  const [origin] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (typeof origin !== 'string') throw new Error('roto serve did not start');
  return {
    origin,
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** The token in the link of the first mail. */
async function tokenFromMail(): Promise<string> {
  const mails = join(data, 'mails');
  return until(async () => {
    const [name] = (await readdir(mails).catch(() => [])).filter((each) => each.endsWith('.eml'));
    if (name === undefined) return undefined;
    const text = (await readFile(join(mails, name), 'utf8')).replaceAll('=\r\n', '');
    return /\/confirm\/([\w-]+)/.exec(text)?.[1];
  });
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < 1200; count += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error('It took more than two minutes.');
}

function say(line: string): void {
  console.log(line);
}
