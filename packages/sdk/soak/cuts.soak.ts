// 500 MB to the service and back over a proxy that cuts each way ten times: all of it arrives, byte
// for byte, and this process never holds it in memory. `npm run soak cuts -- [megabytes]`
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServeProcess } from '../../server/test/support/serve-process.ts';
import { folderUploadStore, Roto } from '../src/index.ts';
import { type Fault, faultProxy } from '../test/support/fault-proxy.ts';

const megabyte = 1_000_000;
const count = Number(process.argv[2] ?? 500);
const cuts = 10;
const folder = await mkdtemp(join(tmpdir(), 'roto-cuts-'));
const service = await startServeProcess();

/** Cuts the requests of a kind that are the first ones, after a twentieth of all bytes each. */
function cutting(method: string, path: RegExp, kind: 'cut-request' | 'cut-reply') {
  let done = 0;
  return (asked: string, url: string): Fault | undefined => {
    if (asked !== method || !path.test(url) || done >= cuts) return undefined;
    done += 1;
    // A piece of an upload has 4 MiB at least: so it is cut in its middle.
    return { kind, afterBytes: kind === 'cut-request' ? 2 * megabyte : (count * megabyte) / 20 };
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

try {
  const path = join(folder, 'clip.mov');
  const file = await open(path, 'w');
  for (let written = 0; written < count; written += 1) await file.write(randomBytes(megabyte));
  await file.close();

  const account = { email: 'soak@example.com', password: 'correct horse battery' };
  const guest = new Roto({ baseUrl: service.origin });
  await guest.auth.register(account);
  await guest.auth.confirm(new URL(await service.link).pathname.split('/').at(-1) ?? '');
  const { accessToken: apiKey } = await guest.auth.login(account);

  const up = cutting('PATCH', /^\/api\/uploads\//, 'cut-request');
  const down = cutting('GET', /^\/api\/files\//, 'cut-reply');
  await using proxy = await faultProxy(service.origin, (_, { method = '', url = '' }) => {
    return up(method, url) ?? down(method, url);
  });
  const roto = new Roto({
    baseUrl: proxy.url,
    apiKey,
    fetch: (url, init) => fetch(url.replace(service.origin, proxy.url), init),
  });
  const startedMs = performance.now();
  const store = folderUploadStore(join(folder, 'uploads'));
  const video = await roto.videos.upload(path, { store });
  const uploadedMs = performance.now();
  const copy = join(folder, 'copy.mov');
  await roto.videos.download(video.id, copy);
  const downloadedMs = performance.now();
  const same = (await sha256Of(path)) === (await sha256Of(copy));
  const peak = Math.round(process.resourceUsage().maxRSS / 1000);
  console.log(`${count} MB, ${cuts} cuts each way: ${same ? 'the same bytes' : 'OTHER BYTES'}`);
  console.log(`up ${((uploadedMs - startedMs) / 1000).toFixed(1)} s`);
  console.log(`down ${((downloadedMs - uploadedMs) / 1000).toFixed(1)} s`);
  console.log(`this process, client and proxy, held ${peak} MB at most`);
  if (!same) process.exitCode = 1;
} finally {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}
