import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Frame } from '../../media/clip.ts';
import type { ViewFeatures } from './networks.ts';
import type { View } from './view.ts';

/** Views whose features are kept: about 6 MB each at an input of 1024 pixels. */
const most = 8;

/**
 * What the encoder saw in the views that prompts asked for last: another click on a frame then costs
 * no encoder run where its view is the same one. Frames are told apart by their pixels.
 */
export class KeptFeatures {
  readonly #kept = new LRUCache<string, ViewFeatures>({ max: most });

  /** The features of a view, from `encode` where they are not kept. */
  async of(frame: Frame, view: View, encode: () => Promise<ViewFeatures>): Promise<ViewFeatures> {
    const key = createHash('sha256')
      .update(JSON.stringify(view))
      .update(frame.rgb)
      .digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const features = await encode();
    this.#kept.set(key, features);
    return features;
  }
}
