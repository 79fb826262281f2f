import { createHash } from 'node:crypto';
import { RotoError } from '@roto/sdk/contract';
import type { Sam2Name } from '../engine/sam2/architecture.ts';
import { throwIfStopped } from '../stop.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { damaged, quoted } from './damage.ts';
import { toFloat32 } from './floats.ts';
import type { StoredTensors } from './original-names.ts';
import { recognise } from './recognise.ts';
import { readSafetensorsIndex } from './safetensors.ts';
import { isWeightType, type StoredTensor, type TensorEntry } from './tensor-entry.ts';
import { readTorchIndex } from './torch-file.ts';

export type CheckpointFormat = 'pt' | 'safetensors';

/** A file of SAM 2.1 weights, open; its values stay on the disk until they are read. */
export interface Checkpoint {
  /** Absolute. */
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly format: CheckpointFormat;
  readonly architecture: Sam2Name;
  /** Every tensor of the architecture by Meta's name, whichever names the file has. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The values of one tensor, row after row; float16 and bfloat16 become float32 exactly. */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** Hex SHA-256 of the whole file, read through once and then remembered. */
  sha256(signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens a checkpoint of SAM 2.1: a `.pt` of Meta or a `.safetensors` with Meta's or transformers'
 * names; its first bytes tell which, not its name. Reads the index only. Nothing in the file is
 * run, and nothing is allocated by sizes it states before they are checked.
 *
 * @throws RotoError `model_missing` where it cannot be read, `model_corrupt` where it is damaged or
 * no checkpoint, `model_unsupported` where it is one of another network, `interrupted`
 */
export async function openCheckpoint(path: string, signal?: AbortSignal): Promise<Checkpoint> {
  throwIfStopped(signal);
  const file = await CheckpointFile.open(path);
  try {
    const format = await tellFormat(file);
    const index = format === 'pt' ? await readTorchIndex(file) : await readSafetensorsIndex(file);
    throwIfStopped(signal);
    return new OpenCheckpoint(file, format, byName(index, file.path));
  } catch (error) {
    await file.close();
    throw error;
  }
}

const zipSignature = 0x04_03_4b_50;

async function tellFormat(file: CheckpointFile): Promise<CheckpointFormat> {
  const start = await file.read(0, Math.min(file.size, 16));
  if (start.length < 16) throw damaged(file.path, `it has only ${file.size} bytes`);
  if (start.readUInt32LE(0) === zipSignature) return 'pt';
  if (start[8] === 0x7b) return 'safetensors';
  const text = start.toString('latin1').trimStart();
  if (text.startsWith('version https')) {
    throw damaged(file.path, 'it is a Git LFS pointer, not the weights it points to');
  }
  if (text.startsWith('<')) throw damaged(file.path, 'it is a web page, not weights');
  if (start[0] === 0x80) {
    throw damaged(file.path, 'it is of a PyTorch before 1.6; save it again with a newer one');
  }
  throw damaged(file.path, 'it is neither a .pt file of PyTorch nor a .safetensors file');
}

/** The tensors by name, in the order of the file; no two may share bytes. */
function byName(index: readonly StoredTensor[], path: string): StoredTensors {
  let end = 0;
  for (const tensor of index.toSorted((a, b) => a.offset - b.offset)) {
    if (tensor.length === 0) continue;
    if (tensor.offset < end) {
      throw damaged(path, `its tensor ${quoted(tensor.name)} overlaps another one`);
    }
    end = tensor.offset + tensor.length;
  }
  return new Map(index.map((tensor) => [tensor.name, tensor]));
}

class OpenCheckpoint implements Checkpoint {
  readonly path: string;
  readonly bytes: number;
  readonly format: CheckpointFormat;
  readonly architecture: Sam2Name;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly #file: CheckpointFile;
  #sha256: string | undefined;

  constructor(file: CheckpointFile, format: CheckpointFormat, stored: StoredTensors) {
    const { architecture, tensors } = recognise(stored, file.path);
    this.path = file.path;
    this.bytes = file.size;
    this.format = format;
    this.architecture = architecture.name;
    this.tensors = new Map(entriesOf(tensors, file.path));
    this.#file = file;
  }

  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const entry = this.tensors.get(name);
    if (entry === undefined) {
      throw new RotoError('internal', `The checkpoint has no tensor ${quoted(name)}.`);
    }
    return toFloat32(await this.#file.read(entry.offset, entry.length), entry.dtype);
  }

  async sha256(signal?: AbortSignal): Promise<string> {
    this.#sha256 ??= await hashFile(this.#file, signal);
    return this.#sha256;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function* entriesOf(tensors: StoredTensors, file: string): Generator<[string, TensorEntry]> {
  for (const [name, { dtype, shape, offset, length }] of tensors) {
    if (isWeightType(dtype)) yield [name, { dtype, shape, file, offset, length }];
  }
}

const hashStep = 1 << 20;

async function hashFile(file: CheckpointFile, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < file.size; at += hashStep) {
    throwIfStopped(signal);
    hash.update(await file.read(at, Math.min(hashStep, file.size - at)));
  }
  return hash.digest('hex');
}
