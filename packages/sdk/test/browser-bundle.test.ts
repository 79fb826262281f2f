import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bundleClient } from './support/bundle-client.ts';
import { bodyOf, reply, serve } from './support/local-server.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Kilobytes the client may have when it is minified, before and after compression. */
const budgetKb = 240;
const packedBudgetKb = 65;

describe('the client in a bundle for browsers', () => {
  it('has nothing of Node in it, and calls with the fetch that is given', async () => {
    await using folder = await temporaryFolder();
    const file = await bundleClient(join(folder.path, 'out'));
    const text = await readFile(file, 'utf8');
    expect(text).not.toMatch(/from ?["']node:|import\(["'](undici|node:)|undici\/lib/);

    expect(text.length / 1000).toBeLessThan(budgetKb);
    expect(gzipSync(text).length / 1000).toBeLessThan(packedBudgetKb);

    await using server = await serve(async (request, response) =>
      reply(response, 200, { said: String(await bodyOf(request)) }),
    );
    const { Roto, fileSource } = await import(pathToFileURL(file).href);
    const used: string[] = [];
    const fetch = (url: string, init: RequestInit) => {
      used.push(url);
      return globalThis.fetch(url, init);
    };
    const schema = {
      _zod: { def: { type: 'any' } },
      safeParse: (data: unknown) => ({ success: true, data }),
    };
    const roto = new Roto({ baseUrl: server.url, fetch });
    const spec = { method: 'POST', path: '/a', body: { b: 1 }, schema };
    expect(await roto.request(spec)).toEqual({ said: '{"b":1}' });
    expect(used).toEqual([`${server.url}/a`]);
    await expect(fileSource('a.mov')).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(() => new Roto({ baseUrl: server.url, dispatcher: {} })).toThrow(/only on Node/);
  });
});
