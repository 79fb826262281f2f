import { dirname } from 'node:path';
import type { OutputFormat, ResultOutput } from '@roto/sdk/contract';
import { FrameOrder } from './frame-order.ts';
import { resultOutput } from './result-output.ts';
import { Staging } from './staging.ts';
import type { MatteFrame, MatteWriter, WriterContext } from './writer.ts';

/** A file made in memory: its final name without the folder. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How one format turns frames into files. */
export interface FileRecipe {
  readonly format: OutputFormat;
  /** The files of one frame. */
  encode(frame: MatteFrame): Promise<NamedBytes>;
  /** Files that tell of the whole range, made when every frame has been encoded. */
  close?(): Promise<readonly NamedBytes[]>;
}

/** Writes one file a frame, all of them published together. Nothing is made before the first frame. */
export class FileWriter implements MatteWriter {
  readonly #context: WriterContext;
  readonly #recipe: FileRecipe;
  readonly #order: FrameOrder;
  readonly #names: string[] = [];
  #staging: Staging | undefined;

  constructor(context: WriterContext, recipe: FileRecipe) {
    this.#context = context;
    this.#recipe = recipe;
    this.#order = new FrameOrder(context);
  }

  async write(frame: MatteFrame): Promise<void> {
    this.#context.signal.throwIfAborted();
    this.#order.take(frame);
    this.#staging ??= await Staging.open(dirname(this.#context.path));
    await this.#put(this.#staging, await this.#recipe.encode(frame));
  }

  async complete(): Promise<void> {
    try {
      this.#context.signal.throwIfAborted();
      this.#order.complete();
      this.#staging ??= await Staging.open(dirname(this.#context.path));
      for (const file of (await this.#recipe.close?.()) ?? []) await this.#put(this.#staging, file);
    } catch (cause) {
      await this.abort();
      throw cause;
    }
  }

  async publish(): Promise<ResultOutput> {
    await this.#staging?.publish(this.#names);
    return resultOutput(this.#recipe.format, this.#context);
  }

  async abort(): Promise<void> {
    await this.#staging?.discard();
  }

  async #put(staging: Staging, { name, bytes }: NamedBytes): Promise<void> {
    await staging.write(name, bytes);
    this.#names.push(name);
  }
}
