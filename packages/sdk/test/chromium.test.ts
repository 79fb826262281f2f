import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  chromiumPath,
  complaintsOf,
  listen,
  startChromium,
} from '../../server/test/support/chromium.ts';
import { startSignedIn } from '../../server/test/support/signed-in.ts';
import type * as Client from '../src/index.ts';
import { bundleClient } from './support/bundle-client.ts';
import { serve } from './support/local-server.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const html = `<!doctype html><title>A page</title><link rel="icon" href="data:,">
<script type="module">import * as client from '/client.js'; globalThis.client = client;</script>`;

it.skipIf(chromiumPath === undefined)(
  'a bundle of the client sends a file from a page of another origin, and reads it again',
  async () => {
    await using folder = await temporaryFolder();
    const script = await readFile(await bundleClient(join(folder.path, 'out')));
    await using pages = await serve((request, response) => {
      const isScript = request.url === '/client.js';
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
      response.end(isScript ? script : html);
    });
    const app = await startSignedIn({ env: { FRONTEND_URL: pages.url } });
    const { origin } = await listen(app);
    const page = await (await startChromium()).newPage();
    const complaints = complaintsOf(page);
    await page.goto(pages.url);
    const said = await page.evaluate(inPage, { baseUrl: origin, apiKey: app.token });
    expect(said).toEqual({
      title: 'Plate.mov',
      sizeBytes: 3_000_000,
      last: 3_000_000,
      titles: ['Plate.mov'],
      code: 'not_found',
      files: 'invalid_argument',
      magic: [1, 2, 3],
    });
    // The 404 that was asked for.
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
  },
  120_000,
);

/** Runs in the browser: it sees nothing of this file. */
async function inPage({ baseUrl, apiKey }: { baseUrl: string; apiKey: string }) {
  const { Roto, webUploadStore }: typeof Client = Reflect.get(globalThis, 'client');
  const roto = new Roto({ baseUrl, apiKey });
  const bytes = new Uint8Array(3_000_000);
  bytes.set([1, 2, 3]);
  let last = 0;
  const video = await roto.videos.upload(new File([bytes], 'Plate.mov'), {
    store: webUploadStore(localStorage),
    onProgress: ({ phase, loadedBytes }) => {
      if (phase === 'upload') last = loadedBytes;
    },
  });
  const titles: string[] = [];
  for await (const { title } of roto.videos.list()) titles.push(title);
  const codeOf = (call: PromiseLike<unknown>): Promise<unknown> =>
    Promise.resolve(call).then(
      () => undefined,
      (error: { code?: unknown }) => error.code,
    );
  const code = await codeOf(roto.tasks.get('tsk_0123456789abcdefghjk'));
  const files = await codeOf(roto.videos.upload('clip.mov'));
  const { original_url } = await roto.videos.refreshUrls(video.id);
  // The app of the test calls itself by a name that nobody can look up.
  const { pathname } = new URL(original_url ?? '', baseUrl);
  const reply = await fetch(`${baseUrl}${pathname}`, { headers: { range: 'bytes=0-2' } });
  const magic = [...new Uint8Array(await reply.arrayBuffer())];
  const { title, size_bytes: sizeBytes } = video;
  return { title, sizeBytes, last, titles, code, files, magic };
}
