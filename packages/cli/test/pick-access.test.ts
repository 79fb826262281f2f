import { request } from 'node:http';
import { RotoError } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { main } from '../src/main.ts';
import { createFakeIo } from './support/fake-io.ts';
import { startPick } from './support/start-pick.ts';

const folder = new ClipFolder();

beforeAll(async () => {
  await folder.open();
  await folder.make('plate.mkv', moving(3), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
});
afterAll(() => folder.close());

/** Asks with headers that fetch would not let anybody choose. */
function ask(link: URL, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; body: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const { hostname, port } = link;
      const sent = request({ hostname, port, path, method, headers }, (reply) => {
        let body = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, body, headers: reply.headers }),
        );
      });
      sent.on('error', reject);
      sent.end(method === 'GET' ? undefined : '{"type":"add-object"}');
    },
  );
}

describe('the page of roto pick', () => {
  it('is there for whoever has the link, once, and for nobody else', async () => {
    const { link, io } = await startPick(folder.path, ['plate.mkv']);
    expect(link.hostname).toBe('127.0.0.1');
    const wrong = await ask(link, '/?token=wrong');
    expect([wrong.status, wrong.body]).toEqual([
      403,
      'This link is not the one that roto printed.\n',
    ]);
    const page = await ask(link, `/${link.search}`);
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'/,
    );
    expect(page.headers['cache-control']).toBe('no-store');
    const [, key = ''] = /name="roto-key" content="([^"]+)"/.exec(page.body) ?? [];
    const again = await ask(link, `/${link.search}`);
    expect([again.status, again.body]).toEqual([403, expect.stringMatching(/used already/)]);
    // Without the link the page is empty, and nothing of the clip is told.
    const stranger = await ask(link, '/');
    expect(stranger.body).toContain('content=""');
    expect(stranger.body).not.toContain('plate');

    const api = ['/api/facts', '/api/events', '/api/frames/0', '/api/masks/1/0'];
    for (const path of api) {
      expect((await ask(link, path)).status, path).toBe(403);
      const bad = await ask(link, path, { Authorization: 'Bearer wrong' });
      expect(bad.status, path).toBe(403);
    }
    const mine = { Authorization: `Bearer ${key}` };
    expect((await ask(link, '/api/facts', mine)).status).toBe(200);
    expect((await ask(link, '/api/frames/0', mine)).headers['content-type']).toBe('image/jpeg');
    expect((await ask(link, '/api/frames/77', mine)).status).toBe(400);
    expect((await ask(link, '/api/frames/1e3', mine)).status).toBe(400);
    expect((await ask(link, '/api/masks/1/0', mine)).status).toBe(204);
    expect((await ask(link, '/../package.json', mine)).status).toBe(404);
    expect((await ask(link, '/constructor', mine)).status).toBe(404);

    // A name of somebody else that was pointed at this machine, and pages from elsewhere.
    for (const headers of [
      { Host: `evil.example:${link.port}` },
      { Host: `127.0.0.1.evil.example:${link.port}` },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]) {
      const refused = await ask(link, '/api/facts', { ...mine, ...headers });
      expect(refused.status, JSON.stringify(headers)).toBe(403);
    }
    const json = { ...mine, 'Content-Type': 'application/json' };
    for (const [headers, status] of [
      [{ ...mine, 'Content-Type': 'text/plain' }, 415],
      [{ ...json, Origin: 'http://127.0.0.1:1' }, 403],
      [{ ...json, Origin: link.origin }, 204],
    ] as const) {
      expect((await ask(link, '/api/actions', headers, 'POST')).status).toBe(status);
    }
    expect(io.stdout.text).toBe('');
  }, 60_000);

  it('says which port is taken, and ends as Ctrl-C asks', async () => {
    const first = await startPick(folder.path, ['plate.mkv']);
    const io = createFakeIo({ cwd: folder.path });
    const words = ['pick', 'plate.mkv', '--web', '--no-open', '--local', '--json'];
    const status = await main([...words, '--port', first.link.port], io);
    expect([status, JSON.parse(io.stdout.text).error]).toMatchObject([
      2,
      { code: 'port_in_use', param: '--port' },
    ]);
    first.stop(new RotoError('interrupted', 'Stopped by Ctrl-C.'));
    expect(await first.ended).toBe(130);
    await expect(ask(first.link, '/')).rejects.toThrow();
  }, 60_000);

  it.each([
    [['plate.mkv', '--local'], 'invalid_argument'],
    [['--web', '--local'], 'invalid_argument'],
    [['plate.mkv', '--web'], 'unauthenticated'],
    [['none.mp4', '--web', '--local'], 'source_not_found'],
    [['plate.mkv', '--web', '--local', '--save-shot', 'plate.mkv'], 'output_exists'],
    [['plate.mkv', '--web', '--local', '--save-shot', 'no/such/x.json'], 'output_unwritable'],
  ])('is not opened for %j', async (words, code) => {
    const io = createFakeIo({ cwd: folder.path });
    await main(['pick', ...words, '--json'], io);
    expect(JSON.parse(io.stdout.text).error.code).toBe(code);
  });
});
