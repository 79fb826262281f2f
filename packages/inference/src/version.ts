import { readFileSync } from 'node:fs';

/** Version of the package, as every file it makes says. */
export const rotoVersion: string = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version);
  }
  throw new Error('The package.json of @roto/inference has no version.');
}
