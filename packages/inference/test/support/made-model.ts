import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { type Sam2Name, sam2Architectures } from '../../src/engine/sam2/architecture.ts';
import type { Sam2Networks } from '../../src/engine/sam2/networks.ts';
import { createSam2Networks } from '../../src/engine/sam2/onnx-networks.ts';
import { sam2Tensors } from '../../src/engine/sam2/tensors.ts';
import { madeCheckpoint } from './made-weights.ts';
import { writePt } from './write-pt.ts';

/** Checkpoints of made weights in a folder for temporary files, each written once. */
export class MadeModels {
  readonly #folder: string;
  readonly #paths = new Map<Sam2Name, Promise<string>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<MadeModels> {
    return new MadeModels(await mkdtemp(join(tmpdir(), 'roto made ')));
  }

  /** Path of a checkpoint. */
  path(model: Sam2Name): Promise<string> {
    const known = this.#paths.get(model);
    if (known !== undefined) return known;
    const path = join(this.#folder, `${model}.pt`);
    const written = writePt(path, madeCheckpoint(sam2Tensors(sam2Architectures[model]))).then(
      () => path,
    );
    this.#paths.set(model, written);
    return written;
  }

  /** Networks of a checkpoint, on the CPU; the caller disposes of them. */
  async networks(model: Sam2Name, inputSize: number): Promise<Sam2Networks> {
    const checkpoint = await openCheckpoint(await this.path(model));
    try {
      const cacheDir = join(this.#folder, 'cache');
      return await createSam2Networks({ checkpoint, inputSize, cacheDir, threads: 2 });
    } finally {
      await checkpoint.close();
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
