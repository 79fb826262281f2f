import { pageOf, TokenPair, Video } from '@roto/sdk/contract';
import { expect, it, vi } from 'vitest';
import { tusUpload } from '../../sdk/src/tus-upload.ts';
import { blobSource } from '../../sdk/src/upload-source.ts';
import { faultProxy } from '../../sdk/test/support/fault-proxy.ts';
import { transportTo } from '../../sdk/test/support/transport.ts';
import { madeMovie } from './support/made-clips.ts';
import { mailsIn, tokenOf } from './support/mails.ts';
import { startServer } from './support/start-server.ts';

it('takes what our client sends over connections that break, and knows the file again by its sum', async () => {
  const { origin, data } = await startServer();
  const account = { email: 'ada@example.com', password: 'correct horse battery' };
  const post = (path: string, json: object = {}) =>
    fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(json),
    });
  await post('/api/auth/register', account);
  await post(`/api/auth/confirm/${tokenOf((await mailsIn(data, 1))[0])}`);
  const login = await post('/api/auth/login', account);
  const { accessToken } = TokenPair.parse(await login.json());
  const { bytes, sha256 } = await madeMovie('mp4', { frames: 50, size: '320x240' });
  await using proxy = await faultProxy(origin, (index) => {
    if (index === 1) return { kind: 'cut-request', afterBytes: 20_000 };
    if (index === 4) return { kind: 'drop-reply' };
    return undefined;
  });
  const transport = transportTo(proxy.url, { apiKey: accessToken, maxRetries: 5 });
  const sent = await tusUpload(transport, blobSource(new Blob([bytes]), 'Plate ä.mp4'), {
    endpoint: '/api/uploads',
    chunkBytes: Math.ceil(bytes.length / 5),
  });
  expect(sent).toMatchObject({ sizeBytes: bytes.length, sha256 });
  const headers = { Authorization: `Bearer ${accessToken}` };
  const video = await vi.waitFor(
    async () => {
      const reply = await fetch(`${origin}/api/videos?sha256=${sha256}&status=ready`, { headers });
      const [found] = pageOf(Video).parse(await reply.json()).data;
      if (found === undefined) throw new Error('not ready');
      return found;
    },
    { timeout: 40_000, interval: 200 },
  );
  expect(video).toMatchObject({ title: 'Plate ä.mp4', sha256, size_bytes: bytes.length });
  expect(proxy.requests.filter(({ method }) => method === 'HEAD').length).toBeGreaterThan(0);
  const whole = await fetch(video.original_url ?? '', { headers: { Range: 'bytes=0-9' } });
  expect(whole.status).toBe(206);
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes.subarray(0, 10))).toBe(true);
});
