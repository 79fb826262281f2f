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
  readonly #path: string;
  readonly #found: readonly RunFile[];
  #own: Promise<RunFile> | undefined;
  #appended: RunFile | undefined;

  private constructor(path: string, found: readonly RunFile[]) {
    this.#path = path;
    this.#found = found;
  }

  /** Opens the files named `<key>.<anything>.run` in a folder, which may have none. */
  static async open(folder: string, key: string): Promise<RunFiles> {
    const names = (await namesIn(folder)).filter(
      (name) => name.startsWith(`${key}.`) && name.endsWith('.run'),
    );
    const files = await Promise.all(
      names.map((name) => RunFile.openForReading(join(folder, name))),
    );
    const found = files.filter((file) => file !== undefined);
    return new RunFiles(join(folder, key), found);
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
    this.#own ??= RunFile.create(`${this.#path}.${randomBytes(8).toString('hex')}.run`);
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
    await Promise.all([...this.#found, ...(own === undefined ? [] : [own])].map((f) => f.close()));
  }

  #fileOf(frame: number): RunFile | undefined {
    if (this.#appended?.has(frame)) return this.#appended;
    return this.#found.find((file) => file.has(frame));
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
