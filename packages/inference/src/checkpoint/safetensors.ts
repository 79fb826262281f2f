import type { CheckpointFile } from './checkpoint-file.ts';
import { damaged, quoted } from './damage.ts';
import { countJsonKeys } from './json-keys.ts';
import { countValues, type StoredTensor } from './tensor-entry.ts';

/** The largest network's header takes a tenth of it. */
const maxHeaderBytes = 1 << 20;

/** The format's names of numbers: ours, and bytes each. */
const numberTypes: Readonly<Record<string, { readonly dtype: string; readonly bytes: number }>> = {
  F64: { dtype: 'float64', bytes: 8 },
  F32: { dtype: 'float32', bytes: 4 },
  F16: { dtype: 'float16', bytes: 2 },
  BF16: { dtype: 'bfloat16', bytes: 2 },
  I64: { dtype: 'int64', bytes: 8 },
  I32: { dtype: 'int32', bytes: 4 },
  I16: { dtype: 'int16', bytes: 2 },
  I8: { dtype: 'int8', bytes: 1 },
  U8: { dtype: 'uint8', bytes: 1 },
  BOOL: { dtype: 'bool', bytes: 1 },
};

/**
 * The tensors of a `.safetensors` file: a length of 8 bytes, a JSON header, the values. Only the
 * header is read.
 * Source: the format's description at github.com/huggingface/safetensors.
 * @throws RotoError `model_corrupt`
 */
export async function readSafetensorsIndex(file: CheckpointFile): Promise<StoredTensor[]> {
  const length = (await file.read(0, 8)).readBigUInt64LE();
  if (length > BigInt(maxHeaderBytes)) {
    throw damaged(file.path, `its header says it is ${length} bytes long, over ${maxHeaderBytes}`);
  }
  const header = await file.read(8, Number(length));
  const start = 8 + header.length;
  const tensors: StoredTensor[] = [];
  for (const [name, stated] of parseHeader(header, file.path)) {
    if (name !== '__metadata__') tensors.push(readEntry(name, stated, { file, start }));
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array, path: string): [string, unknown][] {
  let header: unknown;
  let keys: number;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // A tensor is an object in an object with arrays in it: three deep, and no deeper.
    keys = countJsonKeys(text, 3);
    header = JSON.parse(text);
  } catch (cause) {
    throw damaged(path, 'its header is not readable', cause);
  }
  if (!isObject(header)) throw damaged(path, 'its header is not a list of tensors');
  const entries = Object.entries(header);
  if (entries.length !== keys) throw damaged(path, 'its header names a tensor twice');
  return entries;
}

function readEntry(
  name: string,
  stated: unknown,
  { file, start }: { readonly file: CheckpointFile; readonly start: number },
): StoredTensor {
  const wrong = (what: string) => damaged(file.path, `its tensor ${quoted(name)} ${what}`);
  if (!isObject(stated)) throw wrong('is not described');
  const { dtype, shape, data_offsets: range } = stated;
  const type =
    typeof dtype === 'string' && Object.hasOwn(numberTypes, dtype) ? numberTypes[dtype] : undefined;
  if (type === undefined) throw wrong(`holds numbers of an unknown kind`);
  if (!Array.isArray(shape)) throw wrong('has no shape');
  const count = countValues(shape);
  if (count === undefined) throw wrong('has an impossible shape');
  if (!Array.isArray(range) || range.length !== 2) throw wrong('has no place');
  const [from, to]: unknown[] = range;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) throw wrong('has no place');
  const offset = start + Number(from);
  const length = Number(to) - Number(from);
  if (Number(from) < 0 || !file.holds(offset, length)) throw wrong('lies outside of the file');
  if (length !== count * type.bytes) throw wrong('has another size than its shape');
  return { name, dtype: type.dtype, shape: shape.map(Number), offset, length };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
