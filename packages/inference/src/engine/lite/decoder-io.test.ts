import { expect, test } from 'vitest';
import type { NetworkValue } from '../../ort/tensor.ts';
import { decoderFeeds } from './decoder-io.ts';
import type { ViewFeatures } from './networks.ts';

function features(gridWidth: number, gridHeight: number): ViewFeatures {
  const cells = gridWidth * gridHeight;
  return {
    gridWidth,
    gridHeight,
    embedding: new Float32Array(256 * cells),
    stage1: new Float32Array(128 * cells),
  };
}

function floats(value: NetworkValue | undefined): number[] {
  return value?.data instanceof Float32Array ? Array.from(value.data) : [];
}

test('points keep one scale on both axes: that of the longer side to 1024', () => {
  const prompt = { coords: Float32Array.of(-0.5, 127.5, 511.5, 0), labels: Float32Array.of(2, 3) };
  const feeds = decoderFeeds(features(32, 16), prompt);
  expect(feeds['point_coords']?.dims).toEqual([1, 2, 2]);
  expect(floats(feeds['point_coords'])).toEqual([-0.5, 255.5, 1023.5, 0.5]);
});

test('a prompt without a box gets the padding point that the network expects', () => {
  const prompt = { coords: Float32Array.of(10, 20), labels: Float32Array.of(1) };
  const feeds = decoderFeeds(features(64, 64), prompt);
  expect(floats(feeds['point_labels'])).toEqual([1, -1]);
  expect(floats(feeds['point_coords'])).toEqual([10, 20, 0, 0]);
});

test('a mask is said to be there or not', () => {
  const prompt = { coords: Float32Array.of(1, 1), labels: Float32Array.of(1) };
  const without = decoderFeeds(features(4, 2), prompt);
  const mask = new Float32Array(16 * 8).fill(3);
  const given = decoderFeeds(features(4, 2), { ...prompt, mask });
  expect(floats(without['has_mask_input'])).toEqual([0]);
  expect(floats(given['has_mask_input'])).toEqual([1]);
  expect(given['mask_input']).toMatchObject({ dims: [1, 1, 8, 16], data: mask });
});
