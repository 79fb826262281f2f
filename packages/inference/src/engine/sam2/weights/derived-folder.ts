import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeld } from '../../../track/hold-store.ts';
import { namesIn } from '../../../track/run-files.ts';

/** Files of derived weights, and parts that a killed process left; nothing else is ours. */
const fileName = /^[0-9a-f]{32}-\d+-[a-z0-9]+-[0-9a-f]{8}\.bin(\.[0-9a-f]{12}\.tmp)?$/;

/** Where a cache keeps the weights that networks need in another form than a checkpoint has them. */
export function derivedFolder(cacheDir: string): string {
  return join(cacheDir, 'weights');
}

/** How many files of derived weights a cache has, and their bytes. */
export async function countDerived(cacheDir: string): Promise<{ files: number; bytes: number }> {
  const paths = await derivedPaths(cacheDir);
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  return { files: paths.length, bytes };
}

/** Removes them all: the next run makes its own again. While an engine has some open, none goes. */
export async function clearDerived(cacheDir: string): Promise<void> {
  if (await isHeld(derivedFolder(cacheDir))) return;
  for (const path of await derivedPaths(cacheDir)) await rm(path, { force: true });
}

async function derivedPaths(cacheDir: string): Promise<string[]> {
  const folder = derivedFolder(cacheDir);
  const names = await namesIn(folder);
  return names.filter((name) => fileName.test(name)).map((name) => join(folder, name));
}
