import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Shot } from '@roto/sdk/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { type AccountServer, startAccountServer } from './support/account-server.ts';
import { startPick } from './support/start-pick.ts';

const clips = new ClipFolder();
let server: AccountServer;

beforeAll(async () => {
  await clips.open();
  await clips.make('plate.mkv', moving(3), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
  server = await startAccountServer();
  await server.signIn('ada@example.com');
});
afterAll(async () => {
  await server.close();
  await clips.close();
});

const View = z.looseObject({
  canTrack: z.boolean(),
  run: z.looseObject({ state: z.string(), message: z.string().optional() }),
});

it('picks with the engine of a server: masks of keys at once, and a run there', async () => {
  const home = {
    XDG_CONFIG_HOME: join(server.folder, 'config'),
    XDG_STATE_HOME: join(server.folder, 'state'),
  };
  const words = ['plate.mkv', '-o', 'mattes', '-F', 'png8', '--engine', 'lite'];
  const { link, io, ended } = await startPick(clips.path, words, home);
  const page = await (await fetch(link)).text();
  const [, key = ''] = /name="roto-key" content="([^"]+)"/.exec(page) ?? [];
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  const ask = (path: string, body?: object) =>
    fetch(new URL(`/api${path}`, link), {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  const view = async () => {
    const reader = (await ask('/events')).body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    return View.parse(JSON.parse(new TextDecoder().decode(value)));
  };

  const facts = z.looseObject({ engine: z.string() }).parse(await (await ask('/facts')).json());
  expect(facts.engine).toBe(server.origin);
  expect((await view()).canTrack).toBe(false);
  expect((await ask('/frames/2')).status).toBe(200);
  const point = { x: 30, y: 20, label: 'positive' };
  await ask('/actions', { type: 'add-point', object: 1, frame: 1, point });
  const mask = await ask('/masks/1/1');
  expect([mask.status, mask.headers.get('Content-Type')]).toEqual([200, 'image/png']);
  expect(Number(mask.headers.get('Roto-Score'))).toBeGreaterThan(0);
  // The server looks at frames where something is said, and at no others.
  expect((await ask('/masks/1/0')).status).toBe(204);

  expect((await ask('/save', {})).status).toBe(204);
  const saved = await readFile(join(clips.path, 'plate.roto.json'), 'utf8');
  expect(Shot.parse(JSON.parse(saved))).toMatchObject({
    source: { path: 'plate.mkv' },
    objects: [{ name: 'matte', prompts: [{ frame: 1, points: [point] }] }],
  });
  expect((await ask('/run', { overwrite: false })).status).toBe(202);
  await expect
    .poll(async () => (await view()).run, { timeout: 90_000, interval: 300 })
    .toMatchObject({ state: 'done' });
  expect(await readdir(join(clips.path, 'mattes', 'matte'))).toHaveLength(3);
  await ask('/done', {});
  expect(await ended).toBe(0);
  expect(io.stdout.text).toContain('saved: roto mask --shot plate.roto.json\n');
}, 180_000);
