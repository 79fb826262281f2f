import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Frame } from '../../media/clip.ts';
import type { FrameFeatures, Sam2Networks } from './networks.ts';
import { squarePicture } from './square-picture.ts';

/**
 * What the encoder saw in the frames used last, up to so many bytes: another click on a frame, or
 * the way back over it, costs no encoder run. Frames are told apart by what the encoder is given, so
 * clips need no names.
 */
export class FeatureCache {
  readonly #networks: Pick<Sam2Networks, 'encode' | 'inputSize'>;
  readonly #kept: LRUCache<string, FrameFeatures>;
  #encoded = 0;

  constructor(networks: Pick<Sam2Networks, 'encode' | 'inputSize'>, bytes: number) {
    this.#networks = networks;
    this.#kept = new LRUCache({ maxSize: bytes, sizeCalculation: (features) => features.bytes });
  }

  /** Runs of the encoder so far. */
  get encoded(): number {
    return this.#encoded;
  }

  async features(frame: Frame): Promise<FrameFeatures> {
    const square = squarePicture(frame, this.#networks.inputSize);
    const name = createHash('sha256').update(square).digest('base64');
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const features = await this.#networks.encode(square);
    this.#encoded += 1;
    this.#kept.set(name, features);
    return features;
  }

  clear(): void {
    this.#kept.clear();
  }
}
