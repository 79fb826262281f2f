import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { RunAnswer } from '../host/host-calls.ts';
import type { StoredResult } from '../services/task-run.ts';
import type { Storage } from '../storage/storage.ts';

/** Files that are sent at a time. */
const atOnce = 4;

/** What {@link storeResults} sends, and where. */
export interface StoreResultsOptions {
  readonly storage: Storage;
  /** Folder of the run's outputs. */
  readonly out: string;
  readonly outputs: RunAnswer['outputs'];
  /** Where they go; ends in `/`. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Sends all files of a run to storage, laid out as they lie in its folder, in order of paths. */
export async function storeResults(options: StoreResultsOptions): Promise<StoredResult[]> {
  const { storage, out, outputs, prefix, signal, onProgress } = options;
  const files = await filesBelow(out);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const results: StoredResult[] = [];
  let done = 0;
  const next = files[Symbol.iterator]();
  const sendSome = async () => {
    for (const { path, size } of next) {
      signal.throwIfAborted();
      const key = `${prefix}${path}`;
      const put = await storage.put(key, createReadStream(join(out, path)), { signal });
      results.push({ key, ...put, path, ...describe(path, out, outputs) });
      done += size;
      onProgress(done, total);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendSome));
  return results.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Which output a file is of, and which frame of it. */
function describe(
  path: string,
  out: string,
  outputs: RunAnswer['outputs'],
): Pick<StoredResult, 'object' | 'format' | 'frame'> {
  for (const output of outputs) {
    const place = relative(out, output.path).split(sep).join('/');
    const frame = frameOf(path, place);
    if (frame !== undefined) return { object: output.object ?? null, format: output.format, frame };
  }
  // A file beside the frames of an output, such as the description of the logits.
  const [folder] = path.split('/');
  const beside = outputs.find(({ object }) => object === folder);
  return {
    object: beside?.object ?? null,
    format: beside?.format ?? outputs[0]?.format ?? '',
    frame: null,
  };
}

/** The frame of a file by the pattern of its output; null for a file of all frames. */
function frameOf(path: string, pattern: string): number | null | undefined {
  if (!pattern.includes('####')) return path === pattern ? null : undefined;
  const [before = '', after = ''] = pattern.split('####');
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined;
  const digits = path.slice(before.length, path.length - after.length);
  return /^-?\d+$/.test(digits) ? Number(digits) : undefined;
}

interface FoundFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly size: number;
}

async function filesBelow(folder: string): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const place = relative(folder, path).split(sep).join('/');
      return { path: place, size: (await stat(path)).size };
    }),
  );
}
