import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RunFile } from './run-file.ts';

/**
 * All that was ever tracked of one run. Every process appends to a file of its own and reads all of
 * them, so that several may track one clip at a time: masks of equal prompts are equal, whoever
 * made them.
 */
export class RunFiles {
  readonly #folder: string;
  readonly #key: string;
  readonly #found = new Map<string, RunFile>();
  readonly #ownName: string;
  #own: Promise<RunFile> | undefined;
  #appended: RunFile | undefined;

  private constructor(folder: string, key: string) {
    this.#folder = folder;
    this.#key = key;
    this.#ownName = `${key}.${randomBytes(8).toString('hex')}.run`;
  }

  /** Opens the files named `<key>.<anything>.run` in a folder, which may have none. */
  static async open(folder: string, key: string): Promise<RunFiles> {
    const files = new RunFiles(folder, key);
    await files.readOn();
    return files;
  }

  /** Takes in what others appended since: for one who reads while another tracks. */
  async readOn(): Promise<void> {
    await Promise.all([...this.#found.values()].map((file) => file.readOn()));
    for (const name of await namesIn(this.#folder)) {
      if (!name.startsWith(`${this.#key}.`) || !name.endsWith('.run')) continue;
      if (name === this.#ownName || this.#found.has(name)) continue;
      const file = await RunFile.openForReading(join(this.#folder, name));
      if (file !== undefined) this.#found.set(name, file);
    }
  }

  has(frame: number): boolean {
    return this.#fileOf(frame) !== undefined;
  }

  /** The bytes of a frame, or undefined where it is in no file. */
  async read(frame: number): Promise<Buffer | undefined> {
    return this.#fileOf(frame)?.read(frame);
  }

  /** Keeps the bytes of a frame; a frame that is there already stays as it is. */
  async append(frame: number, bytes: Buffer): Promise<void> {
    if (this.has(frame)) return;
    this.#own ??= RunFile.create(join(this.#folder, this.#ownName));
    try {
      this.#appended = await this.#own;
    } catch (error) {
      this.#own = undefined;
      throw error;
    }
    await this.#appended.append(frame, bytes);
  }

  async close(): Promise<void> {
    const own = await this.#own?.catch(() => undefined);
    const files = [...this.#found.values(), ...(own === undefined ? [] : [own])];
    await Promise.all(files.map((file) => file.close()));
  }

  #fileOf(frame: number): RunFile | undefined {
    if (this.#appended?.has(frame)) return this.#appended;
    return [...this.#found.values()].find((file) => file.has(frame));
  }
}

/** Names in a folder; none where it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
