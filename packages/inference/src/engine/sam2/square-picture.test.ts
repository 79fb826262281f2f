import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { squarePicture } from './square-picture.ts';

/** Noise of all values, or of 0 and 255 alone. */
function noisePicture(width: number, height: number, contrast: 'soft' | 'hard') {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const value = Math.imul(x * 7919 + y * 104_729 + c * 611_953, 2_654_435_761) >>> 24;
    if (contrast === 'soft') return value;
    return value > 127 ? 255 : 0;
  });
  return { width, height, rgb };
}

function hash(samples: Uint8Array): string {
  return createHash('sha256').update(samples).digest('hex').slice(0, 16);
}

describe('squarePicture', () => {
  // The same noise through Image.resize((side, side)) of Pillow 13.0.0.
  it.each([
    [320, 180, 256, 'soft', 'c7f16aed503ec0b0'],
    [320, 180, 512, 'hard', '8b40d35c0af97106'],
    [257, 131, 64, 'hard', '9f99e8f14ef49325'],
    [640, 512, 512, 'soft', 'e6a794977fa5ec1a'],
    [256, 100, 256, 'soft', '44f9eee95fd0d66a'],
    [5, 3, 32, 'hard', 'ef3f3ab3c11ee64a'],
    [1920, 1080, 128, 'soft', 'c9f26c1c7230fe5c'],
    [2, 700, 64, 'hard', '323d2d17617ff799'],
    [128, 200, 64, 'soft', 'a6e818d9a82cb631'],
    [128, 150, 64, 'soft', 'a716faca52c57827'],
  ] as const)("gives Pillow's samples of %i x %i pixels at %i, %s", (...given) => {
    const [width, height, side, contrast, expected] = given;
    const square = squarePicture(noisePicture(width, height, contrast), side);
    expect(square).toHaveLength(3 * side * side);
    expect(hash(square)).toBe(expected);
  });

  it('leaves a picture that is the square as it is', () => {
    const picture = noisePicture(32, 32, 'soft');
    expect(squarePicture(picture, 32)).toEqual(picture.rgb);
  });
});
