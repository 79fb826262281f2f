import sharp from 'sharp';
import { expect, it } from 'vitest';
import { greyPng, jpegPicture, shrinkFrame } from './screen-picture.ts';

const frame = { number: 7, width: 40, height: 20, rgb: new Uint8Array(40 * 20 * 3).fill(90) };

it('shrinks a frame to the largest side with its aspect, and leaves a small one alone', async () => {
  const small = await shrinkFrame(frame, 10);
  expect(small).toMatchObject({ number: 7, width: 10, height: 5 });
  expect([...small.rgb.subarray(0, 3)]).toEqual([90, 90, 90]);
  expect(await shrinkFrame(frame, 40)).toBe(frame);
});

it('writes a JPEG of the size, and a grey PNG that keeps every value', async () => {
  const jpeg = await sharp(await jpegPicture(frame)).metadata();
  expect(jpeg).toMatchObject({ format: 'jpeg', width: 40, height: 20 });
  const data = Uint8Array.from({ length: 256 }, (_, index) => index);
  const png = sharp(await greyPng({ width: 16, height: 16, data }));
  expect(await png.metadata()).toMatchObject({ format: 'png', channels: 1 });
  expect([...(await png.extractChannel(0).raw().toBuffer())]).toEqual([...data]);
});
