import { crc32 } from 'node:zlib';
import type { CheckpointFile } from './checkpoint-file.ts';
import { damaged, quoted } from './damage.ts';
import {
  isCall,
  isDict,
  isGlobal,
  isPersistent,
  isTuple,
  PickleError,
  type PickleValue,
  readPickle,
} from './pickle.ts';
import { countValues, type StoredTensor } from './tensor-entry.ts';
import { readZip, type ZipEntry } from './zip.ts';

const maxPickleBytes = 4 << 20;
const rebuildTensor = 'torch._utils._rebuild_tensor_v2';

/** PyTorch's storages: our name of their numbers, and bytes each. */
const storageTypes = new Map([
  ['torch.FloatStorage', { dtype: 'float32', bytes: 4 }],
  ['torch.HalfStorage', { dtype: 'float16', bytes: 2 }],
  ['torch.BFloat16Storage', { dtype: 'bfloat16', bytes: 2 }],
  ['torch.DoubleStorage', { dtype: 'float64', bytes: 8 }],
  ['torch.LongStorage', { dtype: 'int64', bytes: 8 }],
  ['torch.IntStorage', { dtype: 'int32', bytes: 4 }],
  ['torch.ShortStorage', { dtype: 'int16', bytes: 2 }],
  ['torch.CharStorage', { dtype: 'int8', bytes: 1 }],
  ['torch.ByteStorage', { dtype: 'uint8', bytes: 1 }],
  ['torch.BoolStorage', { dtype: 'bool', bytes: 1 }],
]);

const allowedGlobals: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  rebuildTensor,
  ...storageTypes.keys(),
]);

/**
 * The tensors of a file of `torch.save`: a zip with a pickle that describes them and an entry for
 * each one's values. The state dict is the value of `model`, as Meta saves it, or the whole. The
 * pickle is read as data: nothing in it is run. The values are not read.
 *
 * @throws RotoError `model_corrupt`
 */
export async function readTorchIndex(file: CheckpointFile): Promise<StoredTensor[]> {
  const archive = await openArchive(file);
  const tensors: StoredTensor[] = [];
  const names = new Set<string>();
  for (const [name, value] of await readStateDict(archive)) {
    if (typeof name !== 'string') throw damaged(file.path, 'its state dict has a key without name');
    if (names.has(name)) throw damaged(file.path, `it names the tensor ${quoted(name)} twice`);
    names.add(name);
    tensors.push(readTensor(name, value, archive));
  }
  return tensors;
}

interface Archive {
  readonly file: CheckpointFile;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Folder of the archive all its entries lie in. */
  readonly root: string;
  readonly pickle: ZipEntry;
}

async function openArchive(file: CheckpointFile): Promise<Archive> {
  const entries = await readZip(file);
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw damaged(file.path, 'it is a zip, but not one that torch.save wrote');
  }
  const root = pickle.name.slice(0, -'data.pkl'.length);
  await checkByteOrder(file, entries.get(`${root}byteorder`));
  return { file, entries, root, pickle };
}

/** Files of older versions of PyTorch do not say it; they are little-endian. */
async function checkByteOrder(file: CheckpointFile, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const order = await file.read(entry.offset, Math.min(entry.length, 16));
  if (order.toString('latin1') !== 'little') {
    throw damaged(file.path, 'its numbers are not little-endian');
  }
}

type DictEntries = readonly (readonly [PickleValue, PickleValue])[];

async function readStateDict({ file, pickle }: Archive): Promise<DictEntries> {
  if (pickle.length > maxPickleBytes) {
    throw damaged(file.path, `its pickle is ${pickle.length} bytes long, over ${maxPickleBytes}`);
  }
  const bytes = await file.read(pickle.offset, pickle.length);
  if (crc32(bytes) !== pickle.crc) throw damaged(file.path, 'the checksum of its pickle is wrong');
  let top: PickleValue;
  try {
    top = readPickle(bytes, allowedGlobals);
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause;
    throw damaged(file.path, `its pickle was not run: ${cause.message}`, cause);
  }
  if (!isDict(top)) throw damaged(file.path, 'it holds no state dict');
  const models = top.entries.filter(([key]) => key === 'model');
  const [model] = models;
  if (model === undefined) return top.entries;
  if (models.length > 1 || !isDict(model[1])) throw damaged(file.path, 'it holds no state dict');
  return model[1].entries;
}

function readTensor(name: string, value: PickleValue, archive: Archive): StoredTensor {
  const wrong = (what: string) => damaged(archive.file.path, `its entry ${quoted(name)} ${what}`);
  if (!isCall(value) || value.name !== rebuildTensor) throw wrong('is no tensor');
  const [storage, start, size, stride] = value.args;
  if (!isTuple(size) || !isTuple(stride)) throw wrong('has no shape');
  const count = countValues(size.items);
  if (count === undefined) throw wrong('has an impossible shape');
  const shape = size.items.map(Number);
  if (count > 0 && !isContiguous(shape, stride.items)) throw wrong('does not lie row after row');
  const { dtype, bytes, entry } = readStorage(storage, archive, wrong);
  if (typeof start !== 'number' || !Number.isSafeInteger(start) || start < 0) {
    throw wrong('has no place');
  }
  const length = count * bytes;
  const from = start * bytes;
  if (!Number.isSafeInteger(from + length) || from + length > entry.length) {
    throw wrong('lies outside of its storage');
  }
  return { name, dtype, shape, offset: entry.offset + from, length };
}

function isContiguous(shape: readonly number[], stride: readonly PickleValue[]): boolean {
  if (stride.length !== shape.length) return false;
  let step = 1;
  return shape.toReversed().every((side, index) => {
    const fits = side === 1 || stride.at(-1 - index) === step;
    step *= side;
    return fits;
  });
}

function readStorage(
  value: PickleValue | undefined,
  { entries, root }: Archive,
  wrong: (what: string) => Error,
): { readonly dtype: string; readonly bytes: number; readonly entry: ZipEntry } {
  if (!isPersistent(value) || !isTuple(value.id)) throw wrong('has no storage');
  const [kind, type, key, , count] = value.id.items;
  if (kind !== 'storage' || !isGlobal(type) || typeof key !== 'string') {
    throw wrong('has no storage');
  }
  const numbers = storageTypes.get(type.name);
  if (numbers === undefined) throw wrong('has a storage of an unknown kind');
  const entry = entries.get(`${root}data/${key}`);
  if (entry === undefined) throw wrong(`wants the storage ${quoted(key)}, which is not there`);
  if (typeof count !== 'number' || entry.length !== count * numbers.bytes) {
    throw wrong('has a storage of another size than it says');
  }
  return { ...numbers, entry };
}
