import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseShot } from '@roto/sdk/contract';
import { expect, it, onTestFinished } from 'vitest';
import { HostProcess } from '../src/host/host-process.ts';
import { createLog } from '../src/log.ts';
import { makeClip } from './support/ready-video.ts';

async function makeRun(memoryBytes: number) {
  const folder = await mkdtemp(join(tmpdir(), 'roto-host-'));
  const host = new HostProcess({ log: createLog('silent'), memoryBytes });
  onTestFinished(async () => {
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const { path, click } = await makeClip(30);
  const shot = parseShot({
    schema: 'roto.shot/1',
    source: { path },
    objects: [
      {
        id: 1,
        name: 'hero',
        prompts: [{ frame: 0, points: [{ x: click[0], y: click[1], label: 'positive' }] }],
      },
    ],
    engine: { name: 'lite', inputSize: 320 },
    outputs: [{ format: 'rle' }],
  });
  return { host, run: { shot, base: folder, out: join(folder, 'out'), cache: join(folder, 'c') } };
}

it('ends a host that holds more memory than it may, says so, and starts another one', async () => {
  const { host, run } = await makeRun(1);
  await expect(host.call('run', run)).rejects.toMatchObject({
    name: 'HostLostError',
    loss: 'memory',
  });
  const lost = host.pid;
  const wrong = { ...run, shot: { ...run.shot, source: { ...run.shot.source, path: '/none' } } };
  await expect(host.call('run', wrong)).rejects.toMatchObject({ code: 'source_not_found' });
  expect([lost, typeof host.pid]).toEqual([undefined, 'number']);
});

it('stops a run when it is asked to, and answers the next call with the same host', async () => {
  const { host, run } = await makeRun(Number.POSITIVE_INFINITY);
  const stop = new AbortController();
  const onEvent = () => stop.abort();
  const stopped = host.call('run', run, { signal: stop.signal, onEvent });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  const { pid } = host;
  expect((await host.call('look', undefined)).models).toContain('mobilesam');
  expect(host.pid).toBe(pid);
});
