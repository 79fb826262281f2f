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
  readonly #paths = new Map<string, Promise<string>>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<MadeModels> {
    return new MadeModels(await mkdtemp(join(tmpdir(), 'roto made ')));
  }

  /** Path of a checkpoint, with `scoreShift` added to every score that the decoder gives. */
  path(model: Sam2Name, scoreShift = 0): Promise<string> {
    const name = `${model}${scoreShift === 0 ? '' : scoreShift}.pt`;
    const known = this.#paths.get(name);
    if (known !== undefined) return known;
    const path = join(this.#folder, name);
    const tensors = madeCheckpoint(sam2Tensors(sam2Architectures[model])).map((tensor) =>
      tensor.name === 'sam_mask_decoder.pred_obj_score_head.layers.2.bias'
        ? { ...tensor, bytes: () => shifted(tensor.bytes(), scoreShift) }
        : tensor,
    );
    const written = writePt(path, tensors).then(() => path);
    this.#paths.set(name, written);
    return written;
  }

  /** Networks of a checkpoint, on one core: tests run beside each other. The caller disposes of them. */
  async networks(model: Sam2Name, inputSize: number, scoreShift = 0): Promise<Sam2Networks> {
    const checkpoint = await openCheckpoint(await this.path(model, scoreShift));
    try {
      const cacheDir = join(this.#folder, 'cache');
      return await createSam2Networks({ checkpoint, inputSize, cacheDir, threads: 1 });
    } finally {
      await checkpoint.close();
    }
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** One float32 and a number added. */
function shifted(bytes: Uint8Array, shift: number): Uint8Array {
  const [value = 0] = new Float32Array(bytes.slice().buffer);
  return new Uint8Array(Float32Array.of(value + shift).buffer);
}
