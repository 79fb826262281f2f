// Peak memory of the API process while a client sends 1 GiB, by form and by tus:
// npm run bench upload -- [mebibytes] [form or tus]
// The database is a Postgres of its own: an embedded one would be memory of the same process.
import { randomBytes } from 'node:crypto';
import { TokenPair } from '@roto/sdk/contract';
import { startMigratedPostgres } from '../test/support/migrated-postgres.ts';
import { forgetPeak, memoryOf, startServeProcess } from '../test/support/serve-process.ts';

const mib = 1024 * 1024;
const size = Number(process.argv[2] ?? 1024) * mib;
const only = process.argv[3];
const piece = randomBytes(mib);
const password = 'correct horse battery';

const postgres = await startMigratedPostgres();
const server = await startServeProcess({ DATABASE_URL: postgres.url }, undefined, true);
try {
  const { origin, link } = server;
  const post = (path: string, json: object) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
    });
  const email = 'bench@example.com';
  await post('/api/auth/register', { email, password });
  await post(`/api/auth/confirm/${new URL(await link).pathname.split('/').at(-1)}`, {});
  const login = await post('/api/auth/login', { email, password });
  const { accessToken } = TokenPair.parse(await login.json());
  const headers = { Authorization: `Bearer ${accessToken}` };
  for (const [way, send] of Object.entries({ form: byForm, tus: byTus })) {
    if (only !== undefined && way !== only) continue;
    const idle = await memoryOf(server.pid, 'VmRSS');
    await forgetPeak(server.pid);
    const startedMs = performance.now();
    await send(origin, headers);
    const seconds = (performance.now() - startedMs) / 1000;
    const peak = await memoryOf(server.pid, 'VmHWM');
    const rate = (size / mib / seconds).toFixed(0);
    console.log(
      `${size / mib} MiB by ${way}: idle ${idle} MiB, peak ${peak} MiB, ${peak - idle} more; ${rate} MiB/s`,
    );
  }
} finally {
  await server.stop();
  await postgres.stop();
}

async function byForm(origin: string, headers: Record<string, string>): Promise<void> {
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n';
  async function* body() {
    yield Buffer.from(head);
    for (let sent = 0; sent < size; sent += mib) yield piece;
    yield Buffer.from('\r\n--b--\r\n');
  }
  const init = {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'multipart/form-data; boundary=b' },
    body: ReadableStream.from(body()),
    duplex: 'half' as const,
  };
  const reply = await fetch(`${origin}/api/videos/upload`, init);
  if (reply.status !== 201) throw new Error(`${reply.status}: ${await reply.text()}`);
}

async function byTus(origin: string, headers: Record<string, string>): Promise<void> {
  const tus = { ...headers, 'Tus-Resumable': '1.0.0' };
  const begun = await fetch(`${origin}/api/uploads`, {
    method: 'POST',
    headers: { ...tus, 'Upload-Length': String(size) },
  });
  const url = new URL(begun.headers.get('Location') ?? '', origin);
  const step = 8 * mib;
  const body = Buffer.concat(Array.from({ length: 8 }, () => piece));
  for (let offset = 0; offset < size; offset += step) {
    const reply = await fetch(url, {
      method: 'PATCH',
      headers: {
        ...tus,
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': String(offset),
      },
      body,
    });
    if (reply.status !== 204) throw new Error(`${reply.status}: ${await reply.text()}`);
  }
}
