import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createSha256 } from './sha256.ts';

/**
 * A file while it is fetched: what has arrived so far, and which version of what the server said
 * that is. Both are on the disk, so that a later process goes on where a killed one stopped.
 */
export class PartFile {
  readonly path: string;
  readonly #state: string;
  readonly #handle: FileHandle;
  #size: number;
  #version: string | undefined;

  private constructor(
    path: string,
    handle: FileHandle,
    has: { readonly size: number; readonly version: string | undefined },
  ) {
    this.path = path;
    this.#state = `${path}.version`;
    this.#handle = handle;
    this.#size = has.size;
    this.#version = has.version;
  }

  /** Opens what is there of `path`, or begins it. */
  static async open(path: string): Promise<PartFile> {
    const handle = await open(path, 'a');
    try {
      const { size } = await handle.stat();
      const version = await readFile(`${path}.version`, 'utf8').catch(() => undefined);
      return new PartFile(path, handle, { size, version });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that have arrived. */
  get size(): number {
    return this.#size;
  }

  /** `ETag` of what has arrived, if it is of the file `name`. */
  versionOf(name: string): string | undefined {
    const [of, etag] = this.#version?.split('\n') ?? [];
    return of === name && etag !== '' ? etag : undefined;
  }

  /** Drops what has arrived; what comes next is of this version of the file `name`. */
  async begin(name: string, etag: string | undefined): Promise<void> {
    await this.reset();
    this.#version = `${name}\n${etag ?? ''}`;
    await writeFile(this.#state, this.#version);
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#handle.appendFile(bytes);
    this.#size += bytes.byteLength;
  }

  /** Drops what has arrived. */
  async reset(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  /** Hex SHA-256 of what has arrived, as it lies on the disk. */
  async sha256(signal: AbortSignal | undefined): Promise<string> {
    const hash = createSha256();
    const bytes = createReadStream(this.path, signal === undefined ? {} : { signal });
    for await (const chunk of bytes) hash.update(chunk);
    return hash.hex();
  }

  /** Makes what has arrived last through a power cut. */
  async flush(): Promise<void> {
    await this.#handle.datasync();
    await rm(this.#state, { force: true });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
