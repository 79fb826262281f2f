import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

const recordHeaderBytes = 12;

/** Where the mask of a frame lies in a run's file. */
interface RecordPlace {
  readonly offset: number;
  readonly length: number;
}

/**
 * Masks of one run, appended frame by frame in the order they were tracked, by the one process that
 * made the file. A record is its length, its CRC-32, its frame number and its bytes; what follows
 * the last whole record, torn by a kill or damaged, is not read.
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
    const file = new RunFile(handle, new Map(), 0);
    await file.readOn();
    return file;
  }

  /** Makes a new file to append to; there must be none under that name. */
  static async create(path: string): Promise<RunFile> {
    return new RunFile(await open(path, 'ax+', 0o600), new Map(), 0);
  }

  /** Takes in what another appended since the file was opened. */
  async readOn(): Promise<void> {
    this.#end = await scan(this.#handle, this.#places, this.#end);
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
    const next = this.#appending.catch(() => undefined).then(() => this.#appendNext(frame, bytes));
    this.#appending = next;
    return next;
  }

  async #appendNext(frame: number, bytes: Buffer): Promise<void> {
    if (this.#places.has(frame)) return;
    const record = Buffer.allocUnsafe(recordHeaderBytes + bytes.length);
    record.writeUInt32LE(bytes.length, 0);
    record.writeInt32LE(frame, 8);
    bytes.copy(record, recordHeaderBytes);
    record.writeUInt32LE(crc32(record.subarray(8)), 4);
    try {
      await this.#handle.appendFile(record);
    } catch (error) {
      // What a full disk let through is no record; the next one must not come after it.
      await this.#handle.truncate(this.#end).catch(() => undefined);
      throw error;
    }
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

/**
 * Adds the whole records that begin at `start` to `places`.
 * @returns where the last of them ends
 */
async function scan(
  handle: FileHandle,
  places: Map<number, RecordPlace>,
  start: number,
): Promise<number> {
  const { size } = await handle.stat();
  const header = Buffer.allocUnsafe(recordHeaderBytes);
  let end = start;
  while (end + recordHeaderBytes <= size) {
    await handle.read(header, 0, recordHeaderBytes, end);
    const length = header.readUInt32LE(0);
    const next = end + recordHeaderBytes + length;
    if (next > size || !(await isWhole(handle, header, end, length))) break;
    places.set(header.readInt32LE(8), { offset: end + recordHeaderBytes, length });
    end = next;
  }
  return end;
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
