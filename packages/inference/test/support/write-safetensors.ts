import { open } from 'node:fs/promises';
import type { WeightType } from '../../src/checkpoint/tensor-entry.ts';

/** A tensor to write: its values are made when they are written, one tensor at a time. */
export interface WrittenTensor {
  readonly name: string;
  readonly dtype: WeightType;
  readonly shape: readonly number[];
  /** Little-endian, row after row. */
  readonly bytes: () => Uint8Array;
}

const numberTypes = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;
const widths = { float32: 4, float16: 2, bfloat16: 2 } as const;

/** How many bytes the values of a tensor take. */
export function byteLength(tensor: Pick<WrittenTensor, 'dtype' | 'shape'>): number {
  return tensor.shape.reduce((product, side) => product * side, widths[tensor.dtype]);
}

/** The bytes before the values: the length of the header, and the header. */
export function safetensorsHeader(tensors: readonly Omit<WrittenTensor, 'bytes'>[]): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + byteLength(tensor);
    const { dtype, shape } = tensor;
    header[tensor.name] = { dtype: numberTypes[dtype], shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  // Readers that map the file want the values aligned; the format pads with spaces.
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
}

/** Writes a `.safetensors` file as Hugging Face's library does. */
export async function writeSafetensors(
  path: string,
  tensors: readonly WrittenTensor[],
): Promise<void> {
  await using file = await open(path, 'w');
  await file.writeFile(safetensorsHeader(tensors));
  for (const tensor of tensors) await file.writeFile(tensor.bytes());
}
