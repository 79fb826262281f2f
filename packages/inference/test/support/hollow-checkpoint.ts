import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { transformersName } from '../../src/checkpoint/tensor-names.ts';
import type { TensorShapes } from '../../src/engine/sam2/tensors.ts';
import { pickledStateDict } from './write-pickle.ts';
import { byteLength, safetensorsHeader } from './write-safetensors.ts';
import { directoryRow, endRecord, localHeader } from './write-zip.ts';

/** A tensor of zeros. */
export interface HollowTensor {
  readonly name: string;
  readonly dtype: 'float32' | 'float16' | 'bfloat16';
  readonly shape: readonly number[];
}

/** The tensors of a network, all float32, under Meta's names. */
export function hollowTensors(shapes: TensorShapes): HollowTensor[] {
  return [...shapes].map(([name, shape]) => ({ name, dtype: 'float32', shape }));
}

/** The same under the names of transformers, the point embeddings as rows of one tensor. */
export function hollowTransformersTensors(shapes: TensorShapes): HollowTensor[] {
  const points = /^sam_prompt_encoder\.point_embeddings/;
  return [
    ...hollowTensors(shapes)
      .filter(({ name }) => !points.test(name))
      .map((tensor) => ({ ...tensor, name: transformersName(tensor.name) })),
    { name: 'prompt_encoder.point_embed.weight', dtype: 'float32', shape: [4, 256] },
    {
      name: 'shared_image_embedding.positional_embedding',
      dtype: 'float32',
      shape: [2, 128],
    },
  ];
}

/** Lays a `.safetensors` file whose values are a hole: full size, and hardly any disk. */
export async function layHollowSafetensors(
  path: string,
  tensors: readonly HollowTensor[],
): Promise<void> {
  await using file = await open(path, 'w');
  const header = safetensorsHeader(tensors);
  await file.writeFile(header);
  await file.truncate(header.length + tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0));
}

/** Lays a `.pt` file whose values are holes. */
export async function layHollowPt(path: string, tensors: readonly HollowTensor[]): Promise<void> {
  await using file = await open(path, 'w');
  const pickle = pickledStateDict(tensors);
  const rows: Buffer[] = [];
  let at = 0;
  const lay = async (name: string, length: number, bytes?: Buffer) => {
    const fields = { name, method: 0, crc: bytes ? crc32(bytes) : 0, length, header: at };
    const head = localHeader(fields);
    await write(file, head, at);
    if (bytes !== undefined) await write(file, bytes, at + head.length);
    rows.push(directoryRow(fields));
    at += head.length + length;
  };
  await lay('archive/data.pkl', pickle.length, pickle);
  for (const [index, tensor] of tensors.entries()) {
    await lay(`archive/data/${index}`, byteLength(tensor));
  }
  const directory = Buffer.concat(rows);
  const end = endRecord({ entries: rows.length, length: directory.length, offset: at });
  await write(file, Buffer.concat([directory, end]), at);
}

async function write(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  await file.write(bytes, 0, bytes.length, at);
}
