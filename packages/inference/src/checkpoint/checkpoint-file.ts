import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { damaged } from './damage.ts';

/** A file read in pieces; it stays open until it is closed. */
export class CheckpointFile {
  /** Absolute. */
  readonly path: string;
  /** Bytes when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** @throws RotoError `model_missing` where there is no such file or it cannot be read */
  static async open(path: string): Promise<CheckpointFile> {
    const absolute = resolve(path);
    let handle: FileHandle | undefined;
    try {
      // Asked first: opening a named pipe would wait for its writer.
      if (!(await stat(absolute)).isFile()) throw notAFile(absolute);
      handle = await open(absolute, 'r');
      return new CheckpointFile(absolute, (await handle.stat()).size, handle);
    } catch (cause) {
      await handle?.close();
      if (cause instanceof RotoError) throw cause;
      throw new RotoError('model_missing', `Expected a checkpoint at ${absolute}: not readable.`, {
        param: 'model',
        hint: 'Check the path, or see roto models list for what is installed.',
        cause,
      });
    }
  }

  /**
   * Exactly `length` bytes at `offset`; nothing is allocated for a range beyond the file.
   * @throws RotoError `model_corrupt` where the file does not have them
   */
  async read(offset: number, length: number): Promise<Buffer<ArrayBuffer>> {
    if (!this.holds(offset, length)) {
      throw damaged(this.path, `it has ${this.size} bytes, too few for what it says it holds`);
    }
    const bytes = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw damaged(this.path, 'it became shorter while it was read');
      done += bytesRead;
    }
    return bytes;
  }

  /** Whether a range of bytes lies inside the file. */
  holds(offset: number, length: number): boolean {
    return (
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= this.size
    );
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function notAFile(path: string): RotoError {
  return new RotoError('model_missing', `Expected a checkpoint file but ${path} is none.`, {
    param: 'model',
    hint: 'Give the path of a .pt or .safetensors file.',
  });
}
