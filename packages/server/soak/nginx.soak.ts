// 1 GiB through the nginx site of deploy/ to the service: all of it arrives, neither of the two holds
// it in memory, and nginx keeps no copy on disk. Needs nginx and openssl.
// `npm run soak nginx -- [mebibytes]`
import { createHash, randomBytes } from 'node:crypto';
import { TokenPair } from '@roto/sdk/contract';
import { Agent, fetch } from 'undici';
import { startMigratedPostgres } from '../test/support/migrated-postgres.ts';
import { startNginx } from '../test/support/nginx.ts';
import { forgetPeak, memoryOf, startServeProcess } from '../test/support/serve-process.ts';

const mib = 1024 * 1024;
const count = Number(process.argv[2] ?? 1024);
const piece = randomBytes(mib);
const hash = createHash('sha256');
for (let at = 0; at < count; at += 1) hash.update(piece);
// Sent first: the service takes nothing else.
const sha256 = hash.digest('hex');
const password = 'correct horse battery';
const email = 'soak@example.com';

const postgres = await startMigratedPostgres();
const env = { ROTO_TRUSTED_PROXIES: '1', DATABASE_URL: postgres.url };
const service = await startServeProcess(env, undefined, true);
const nginx = await startNginx(Number(new URL(service.origin).port));
const dispatcher = new Agent({ connect: { ca: nginx.ca }, headersTimeout: 0 });
try {
  const post = (path: string, json: object) =>
    fetch(`${nginx.origin}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
      dispatcher,
    });
  await post('/api/auth/register', { email, password });
  const { pathname } = new URL(await service.link);
  await post(`/api/auth/confirm/${pathname.split('/').at(-1)}`, {});
  const login = await post('/api/auth/login', { email, password });
  const { accessToken } = TokenPair.parse(await login.json());

  const idle = await memoryOf(service.pid, 'VmRSS');
  await forgetPeak(service.pid);
  const startedMs = performance.now();
  let held = 0;
  async function* body() {
    const field = `--b\r\nContent-Disposition: form-data; name="sha256"\r\n\r\n${sha256}\r\n`;
    yield Buffer.from(
      `${field}--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n`,
    );
    for (let sent = 0; sent < count; sent += 1) {
      yield piece;
      if (sent % 64 === 63) held = Math.max(held, await nginx.bytesOnDisk());
    }
    yield Buffer.from('\r\n--b--\r\n');
  }
  const reply = await fetch(`${nginx.origin}/api/videos/upload`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'multipart/form-data; boundary=b',
    },
    body: body(),
    duplex: 'half',
    dispatcher,
  });
  const said = await reply.text();
  if (reply.status !== 201) throw new Error(`${reply.status}: ${said}`);
  const seconds = (performance.now() - startedMs) / 1000;
  const peak = await memoryOf(service.pid, 'VmHWM');
  console.log(
    `${count} MiB arrived whole, ${(count / seconds).toFixed(0)} MiB/s; service idle ${idle} MiB, peak ${peak} MiB, ${peak - idle} more; nginx kept ${held} bytes on disk`,
  );
  if (held > 0 || peak - idle > 150) process.exitCode = 1;
} finally {
  await dispatcher.destroy();
  await nginx.stop();
  await service.stop();
  await postgres.stop();
}
