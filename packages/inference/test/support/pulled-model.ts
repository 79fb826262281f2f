import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { DownloadLimits } from '../../src/models/download.ts';
import { modelsFolder } from '../../src/models/models-folder.ts';
import { pullPublished } from '../../src/models/pull.ts';
import type { PublishedModel } from '../../src/models/sam2-files.ts';
import { publishedPath } from '../../src/models/store.ts';
import type { FileServer } from './file-server.ts';

/** What stands for the weights of a model: 400,000 bytes that do not repeat. */
export const content = Buffer.from(
  Uint32Array.from({ length: 100_000 }, (_, index) => Math.imul(index + 1, 0x9e_37_79_b9)).buffer,
);
export const sha256 = createHash('sha256').update(content).digest('hex');
export const name = 'sam2.1_hiera_tiny.pt';

/** Patient enough for a busy machine, and quick to try again. */
export const limits: Partial<DownloadLimits> = {
  stallMs: 30_000,
  firstWaitMs: 5,
  longestWaitMs: 20,
};

/** A published model that these servers or addresses have. */
export function modelAt(...servers: readonly (FileServer | string)[]): PublishedModel {
  const urls = servers.map((each) => (typeof each === 'string' ? each : `${each.url}${name}`));
  return { id: 'sam2.1-tiny', file: { name, bytes: content.length, sha256 }, urls };
}

/** Pulls, and sees that the file is whole, in its place, and alone there. */
export async function pullWhole(...servers: readonly (FileServer | string)[]): Promise<void> {
  await pullWholeWithin(limits, ...servers);
}

/** {@link pullWhole} with other limits. */
export async function pullWholeWithin(
  within: Partial<DownloadLimits>,
  ...servers: readonly (FileServer | string)[]
): Promise<void> {
  const model = modelAt(...servers);
  const path = publishedPath(model);
  const result = await pullPublished(model, { limits: within });
  expect(result).toEqual({ id: 'sam2.1-tiny', path, bytes: content.length, sha256, pulled: true });
  expect((await readFile(path)).equals(content)).toBe(true);
  expect(await readdir(join(modelsFolder(), 'sam2.1-tiny'))).toEqual([name]);
  expect(await readdir(modelsFolder())).toEqual(['sam2.1-tiny']);
}
