import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelSummary, RotoError, type VerifiedModel } from '@roto/sdk/contract';
import type { Sam2Name } from '../engine/sam2/architecture.ts';
import { stopError, throwIfStopped } from '../stop.ts';
import { lockModel } from './model-lock.ts';
import { readRecord } from './model-record.ts';
import { modelFolder, modelsFolder } from './models-folder.ts';
import { findPublished, type PublishedModel, sam2Files, sam2Licence } from './sam2-files.ts';
import { storeFailure } from './store-failure.ts';

/** A SAM 2.1 checkpoint on this machine. */
export interface StoredModel {
  /** What `--model` takes. */
  readonly id: string;
  readonly architecture: Sam2Name;
  /** Absolute path of the checkpoint. */
  readonly path: string;
  readonly bytes: number;
  /** Hex SHA-256 it should have: as published, or as it had when it was imported. */
  readonly sha256: string;
  readonly source: string;
}

/** Where the checkpoint of a published model belongs. */
export function publishedPath(model: PublishedModel): string {
  return join(modelFolder(model.id), model.file.name);
}

/** The checkpoint called `id`, or undefined where none is installed; only its size is checked. */
export async function findStored(id: string): Promise<StoredModel | undefined> {
  const model = findPublished(id);
  return model === undefined ? findImported(id) : findPulled(model);
}

async function findPulled(model: PublishedModel): Promise<StoredModel | undefined> {
  const path = publishedPath(model);
  const { bytes, sha256 } = model.file;
  if ((await sizeOf(path)) !== bytes) return undefined;
  return { id: model.id, architecture: model.id, path, bytes, sha256, source: sourceOf(model) };
}

async function findImported(id: string): Promise<StoredModel | undefined> {
  const folder = modelFolder(id);
  const record = await readRecord(folder);
  if (record === undefined) return undefined;
  const { architecture, bytes, sha256, importedFrom } = record;
  const path = join(folder, record.file);
  if ((await sizeOf(path)) !== bytes) return undefined;
  return { id, architecture, path, bytes, sha256, source: `imported from ${importedFrom}` };
}

/** Size of a plain file, undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

function sourceOf(model: PublishedModel): string {
  return model.urls[0] ?? '';
}

/** Every published SAM 2.1 model, installed or not, and every imported one. */
export async function listStored(): Promise<ModelSummary[]> {
  const published = await Promise.all(sam2Files.map(summarisePublished));
  const names = (await folderNames()).filter((name) => findPublished(name) === undefined);
  const imported = await Promise.all(names.map((name) => findImported(name)));
  return [...published, ...imported.filter((model) => model !== undefined).map(summarise)];
}

async function folderNames(): Promise<string[]> {
  const entries = await readdir(modelsFolder(), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function summarisePublished(model: PublishedModel): Promise<ModelSummary> {
  const stored = await findPulled(model);
  return {
    id: model.id,
    engine: 'sam2',
    architecture: model.id,
    ...sam2Licence,
    installed: stored !== undefined,
    ...(stored === undefined ? {} : { path: stored.path }),
    sha256: model.file.sha256,
    bytes: model.file.bytes,
    source: sourceOf(model),
  };
}

/** An imported model as it is listed; its licence is whatever its maker says. */
export function summarise(model: StoredModel): ModelSummary {
  const { id, architecture, path, bytes, sha256, source } = model;
  const licence = 'NOASSERTION';
  return {
    id,
    engine: 'sam2',
    architecture,
    licence,
    installed: true,
    path,
    sha256,
    bytes,
    source,
  };
}

/**
 * The installed checkpoint called `id`.
 * @throws RotoError `model_missing`, with how to get it
 */
export async function requireStored(id: string): Promise<StoredModel> {
  const stored = await findStored(id);
  if (stored !== undefined) return stored;
  const model = findPublished(id);
  if (model === undefined) {
    throw new RotoError('model_missing', `There is no model ${JSON.stringify(id)} here.`, {
      param: 'model',
      hint: 'See roto models list; roto models import adds a checkpoint under a name of its own.',
    });
  }
  throw new RotoError('model_missing', `The model ${id} is not installed.`, {
    param: 'model',
    hint: `Run roto models pull ${id}, or put its file at ${publishedPath(model)}.`,
  });
}

/**
 * Reads an installed checkpoint through and compares its SHA-256 with what it should be.
 * @throws RotoError `model_missing`, `model_corrupt`, `interrupted`
 */
export async function verifyStored(id: string, signal?: AbortSignal): Promise<VerifiedModel> {
  const { path, bytes, sha256 } = await requireStored(id);
  const found = await hashFile(path, signal);
  if (found === sha256) return { id, path, bytes, sha256 };
  throw new RotoError(
    'model_corrupt',
    `The file ${path} of the model ${id} has changed: its SHA-256 is ${found}, not ${sha256}.`,
    {
      param: 'model',
      hint:
        findPublished(id) === undefined
          ? `Remove it with roto models remove ${id}, then import it again.`
          : `Run roto models pull ${id} to fetch it again.`,
    },
  );
}

/** Hex SHA-256 of a file. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  throwIfStopped(signal);
  const hash = createHash('sha256');
  try {
    const options = signal === undefined ? {} : { signal };
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...options })) {
      hash.update(chunk);
    }
  } catch (error) {
    if (signal?.aborted) throw stopError(signal);
    throw error;
  }
  return hash.digest('hex');
}

/**
 * Removes a model with whatever a broken-off download left of it.
 * @returns bytes that were freed
 * @throws RotoError `model_missing` where nothing of it is there, `output_unwritable`
 */
export async function removeStored(id: string, signal?: AbortSignal): Promise<{ bytes: number }> {
  const folder = modelFolder(id);
  if ((await stat(folder).catch(() => undefined)) === undefined) await requireStored(id);
  const lock = await lockModel(id, { signal });
  try {
    const names = await readdir(folder).catch(() => []);
    const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
    await rm(folder, { recursive: true, force: true });
    return { bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) };
  } catch (error) {
    throw storeFailure(error, folder);
  } finally {
    await lock.release();
  }
}
