import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const recordHeaderBytes = 12;

/** Where the mask of a frame lies in a run's file. */
interface RecordPlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * The masks of one run, appended frame by frame in the order they were tracked. A record is its
 * length, its CRC-32, its frame number and its bytes; a torn last record, left by a killed process,
 * is cut off when the file is next opened for appending.
 */
export class RunFile {
  readonly #handle: FileHandle;
  readonly #places: Map<number, RecordPlace>;
  #end: number;
  #appending: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, places: Map<number, RecordPlace>, end: number) {
    this.#handle = handle;
    this.#places = places;
    this.#end = end;
  }

  static async openForReading(path: string): Promise<RunFile | undefined> {
    const handle = await openIfThere(path);
    if (handle === undefined) return undefined;
    const { places, end } = await scan(handle);
    return new RunFile(handle, places, end);
  }

  static async openForAppending(path: string): Promise<RunFile> {
    const handle = await open(path, 'a+', 0o600);
    const { places, end } = await scan(handle);
    await handle.truncate(end);
    return new RunFile(handle, places, end);
  }

  /** Frames in the file, in the order they were tracked. */
  get frames(): readonly number[] {
    return [...this.#places.keys()];
  }

  has(frame: number): boolean {
    return this.#places.has(frame);
  }

  /** Keeps the bytes of a frame; a frame that is there already stays as it is. */
  append(frame: number, bytes: Buffer): Promise<void> {
    this.#appending = this.#appending.then(() => this.#appendNext(frame, bytes));
    return this.#appending;
  }

  async #appendNext(frame: number, bytes: Buffer): Promise<void> {
    if (this.#places.has(frame)) return;
    const record = Buffer.allocUnsafe(recordHeaderBytes + bytes.length);
    record.writeUInt32LE(bytes.length, 0);
    record.writeInt32LE(frame, 8);
    bytes.copy(record, recordHeaderBytes);
    record.writeUInt32LE(crc32(record.subarray(8)), 4);
    await this.#handle.appendFile(record);
    this.#places.set(frame, { offset: this.#end + recordHeaderBytes, length: bytes.length });
    this.#end += record.length;
  }

  /** The bytes of a frame, or undefined where the frame is not in the file. */
  async read(frame: number): Promise<Buffer | undefined> {
    const place = this.#places.get(frame);
    if (place === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(place.length);
    const { bytesRead } = await this.#handle.read(bytes, 0, place.length, place.offset);
    return bytesRead === place.length ? bytes : undefined;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function scan(
  handle: FileHandle,
): Promise<{ places: Map<number, RecordPlace>; end: number }> {
  const { size } = await handle.stat();
  const places = new Map<number, RecordPlace>();
  const header = Buffer.allocUnsafe(recordHeaderBytes);
  let end = 0;
  while (end + recordHeaderBytes <= size) {
    await handle.read(header, 0, recordHeaderBytes, end);
    const length = header.readUInt32LE(0);
    const next = end + recordHeaderBytes + length;
    if (next > size || !(await isWhole(handle, header, end, length))) break;
    places.set(header.readInt32LE(8), { offset: end + recordHeaderBytes, length });
    end = next;
  }
  return { places, end };
}

async function isWhole(
  handle: FileHandle,
  header: Buffer,
  start: number,
  length: number,
): Promise<boolean> {
  const body = Buffer.allocUnsafe(length + 4);
  await handle.read(body, 0, length + 4, start + 8);
  return crc32(body) === header.readUInt32LE(4);
}
