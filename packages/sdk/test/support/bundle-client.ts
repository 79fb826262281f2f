import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

/** Builds the client as a bundler for browsers does, which sets no condition `node`; gives the file. */
export async function bundleClient(outDir: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['roto-source', 'module', 'browser'] },
    build: { outDir, lib: { entry, formats: ['es'], fileName: 'client' }, minify: true },
  });
  const [file = ''] = await readdir(outDir);
  return join(outDir, file);
}
