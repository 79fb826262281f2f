import { readFileSync } from 'node:fs';

/** Version of @roto/server, from its package.json beside `dist` and `src`. */
export const version: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version);
  }
  throw new Error('Expected a version in the package.json of @roto/server');
}
