import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ModelSummary, RotoError } from '@roto/sdk/contract';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { damaged } from '../checkpoint/damage.ts';
import { throwIfStopped } from '../stop.ts';
import { lockModel } from './model-lock.ts';
import { type ModelRecord, writeRecord } from './model-record.ts';
import { modelFolder, modelsFolder } from './models-folder.ts';
import { sam2Files } from './sam2-files.ts';
import { findStored, listStored, requireStored, summarise } from './store.ts';
import { storeFailure } from './store-failure.ts';

export interface ImportOptions {
  /** Architecture the file must be of: `sam2.1-tiny`. */
  readonly as?: string;
  /** Name the model is used by; may be left out for Meta's own files, which have one. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Bytes copied, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Copies a SAM 2.1 checkpoint into the models folder, where `--model <name>` finds it. A file that
 * is Meta's own, by its SHA-256, takes the place that a pull would have put it in, unless a name is
 * given; any other needs a name.
 *
 * @throws RotoError `model_missing`, `model_corrupt`, `model_unsupported` (see `openCheckpoint`),
 * `invalid_argument` for a name that is none, is taken or is missing, `disk_full`,
 * `output_unwritable`, `interrupted`
 */
export async function importModel(
  file: string,
  options: ImportOptions = {},
): Promise<ModelSummary> {
  if (options.name !== undefined) await checkName(options.name);
  const checkpoint = await openCheckpoint(file, options.signal);
  try {
    if (options.as !== undefined && options.as !== checkpoint.architecture) {
      throw new RotoError(
        'model_unsupported',
        `Expected a checkpoint of ${options.as} but ${checkpoint.path} is one of ${checkpoint.architecture}.`,
        { param: 'as', hint: `Leave --as out, or say --as ${checkpoint.architecture}.` },
      );
    }
    const name = options.name ?? (await publishedName(checkpoint, options.signal));
    return await install(checkpoint, name, options);
  } finally {
    await checkpoint.close();
  }
}

async function checkName(name: string): Promise<void> {
  modelFolder(name);
  const taken = sam2Files.some(({ id }) => id === name) || name === 'mobilesam';
  if (!taken && (await findStored(name)) === undefined) return;
  throw new RotoError(
    'invalid_argument',
    `Expected a name of its own for the model but ${name} is ${taken ? 'a published one' : 'taken'}.`,
    {
      param: 'name',
      hint: taken ? 'Choose another name.' : `Remove it first: roto models remove ${name}.`,
    },
  );
}

/** The name of a published file, told by its hash. */
async function publishedName(checkpoint: Checkpoint, signal?: AbortSignal): Promise<string> {
  const candidates = sam2Files.filter(({ file }) => file.bytes === checkpoint.bytes);
  const sha256 = candidates.length === 0 ? undefined : await checkpoint.sha256(signal);
  const model = candidates.find(({ file }) => file.sha256 === sha256);
  if (model !== undefined) return model.id;
  throw new RotoError(
    'invalid_argument',
    `Expected a name for ${checkpoint.path}, which is ${checkpoint.architecture} but not a file that Meta published.`,
    { param: 'name', hint: 'Say what it is to be called: --name my-model.' },
  );
}

async function install(
  checkpoint: Checkpoint,
  name: string,
  options: ImportOptions,
): Promise<ModelSummary> {
  const lock = await lockModel(name, { signal: options.signal });
  const draft = join(modelsFolder(), `.${name}.import`);
  try {
    // What a killed import left.
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft);
    await layInto(draft, checkpoint, { ...options, name });
    const folder = modelFolder(name);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } catch (error) {
    throwIfStopped(options.signal);
    throw storeFailure(error, modelFolder(name));
  } finally {
    await rm(draft, { recursive: true, force: true });
    await lock.release();
  }
  const listed = (await listStored()).find(({ id }) => id === name);
  return listed ?? summarise(await requireStored(name));
}

async function layInto(
  folder: string,
  checkpoint: Checkpoint,
  options: ImportOptions & { readonly name: string },
): Promise<void> {
  const { architecture, bytes, format } = checkpoint;
  const own = sam2Files.find(({ id }) => id === options.name);
  const file = format === 'pt' ? 'model.pt' : 'model.safetensors';
  await checkSpace(folder, bytes);
  const sha256 = await copy(checkpoint, join(folder, own?.file.name ?? file), options);
  if (own !== undefined) {
    if (sha256 === own.file.sha256) return;
    throw damaged(checkpoint.path, 'it changed while it was copied');
  }
  const record: ModelRecord = {
    schema: 'roto.model-record/1',
    architecture,
    file,
    bytes,
    sha256,
    importedFrom: checkpoint.path,
  };
  await writeRecord(folder, record);
}

async function checkSpace(folder: string, wanted: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= wanted) return;
  throw new RotoError(
    'disk_full',
    `Expected ${wanted} free bytes in ${resolve(folder, '..')} but it has ${bavail * bsize}.`,
    { hint: 'Free some space, or set ROTO_MODELS_DIR to a folder on a larger disk.' },
  );
}

const step = 1 << 20;

/** Copies the file and returns the SHA-256 of what was written. */
async function copy(
  checkpoint: Checkpoint,
  to: string,
  { signal, onProgress }: ImportOptions,
): Promise<string> {
  const hash = createHash('sha256');
  const [from, out] = [await open(checkpoint.path, 'r'), await open(to, 'wx')];
  try {
    const buffer = Buffer.alloc(step);
    let done = 0;
    for (;;) {
      throwIfStopped(signal);
      const { bytesRead } = await from.read(buffer, 0, step);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      await out.appendFile(chunk);
      done += bytesRead;
      onProgress?.(done, checkpoint.bytes);
    }
    await out.datasync();
  } finally {
    await Promise.all([from.close(), out.close()]);
  }
  return hash.digest('hex');
}
