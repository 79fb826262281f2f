import { describe, expect, it } from 'vitest';
import { FakeSam2Networks } from '../../../test/support/fake-sam2-networks.ts';
import { FeatureCache } from './feature-cache.ts';

const frameOf = (value: number) => ({
  number: value,
  width: 2,
  height: 2,
  rgb: new Uint8Array(12).fill(value),
});

describe('FeatureCache', () => {
  // The features of a frame count 100 bytes.
  it('runs the encoder once for a frame that is seen again', async () => {
    const cache = new FeatureCache(new FakeSam2Networks(), 1000);
    const first = await cache.features(frameOf(5));
    expect(await cache.features({ ...frameOf(5), number: 9 })).toBe(first);
    expect(cache.encoded).toBe(1);
    expect(await cache.features(frameOf(6))).not.toBe(first);
    expect(cache.encoded).toBe(2);
  });

  it('lets go of the frames not used for longest, by their bytes', async () => {
    const cache = new FeatureCache(new FakeSam2Networks(), 299);
    for (const value of [1, 2, 1, 3]) await cache.features(frameOf(value));
    expect(cache.encoded).toBe(3);
    await cache.features(frameOf(1));
    await cache.features(frameOf(3));
    expect(cache.encoded).toBe(3);
    await cache.features(frameOf(2));
    expect(cache.encoded).toBe(4);
  });

  it('keeps nothing that is larger than all it may keep', async () => {
    const cache = new FeatureCache(new FakeSam2Networks(), 99);
    for (const value of [1, 1]) await cache.features(frameOf(value));
    expect(cache.encoded).toBe(2);
  });

  it('encodes the picture anew once it was cleared', async () => {
    const cache = new FeatureCache(new FakeSam2Networks(), 1000);
    await cache.features(frameOf(1));
    cache.clear();
    await cache.features(frameOf(1));
    expect(cache.encoded).toBe(2);
  });
});
