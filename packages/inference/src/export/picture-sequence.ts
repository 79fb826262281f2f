import { basename } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { FileRecipe } from './file-writer.ts';
import { frameFile } from './frame-file.ts';
import { objectColor } from './object-color.ts';
import { addPngText } from './png-text.ts';
import { stampFields, stampSoftware, stampText } from './stamp.ts';
import { addTiffTags } from './tiff-tags.ts';
import type { MatteFrame, WriterContext } from './writer.ts';

/** The formats that are one picture a frame. */
export type PictureFormat = 'png8' | 'png16' | 'tiff16' | 'rgba';

/**
 * One picture a frame: `png8`, `png16` and `tiff16` are the matte as grey, black 0 and white the
 * format's highest value, without transfer curve; `rgba` is a 16-bit PNG of the object's own colour
 * beside alpha, straight unless the context says premultiplied.
 */
export function pictureSequence(format: PictureFormat, context: WriterContext): FileRecipe {
  const finish = format === 'tiff16' ? finishTiff : finishPng;
  return {
    format,
    async encode(frame) {
      const picture = format === 'rgba' ? cutOut(frame, context) : matteOf(format, frame);
      return {
        name: basename(frameFile(context.path, frame.number)),
        bytes: await finish(picture, context),
      };
    },
  };
}

function matteOf(format: PictureFormat, { matte }: MatteFrame): Sharp {
  const raw = { width: matte.width, height: matte.height, channels: 1 } as const;
  if (format === 'png8') {
    const bytes = Uint8Array.from(matte.alpha, (value) => Math.round(value / 257));
    return sharp(bytes, { raw }).toColourspace('b-w');
  }
  return sharp(matte.alpha, { raw }).toColourspace('grey16');
}

function cutOut(frame: MatteFrame, context: WriterContext): Sharp {
  const { matte } = frame;
  const { rgb } = objectColor(frame, context);
  const rgba = new Uint16Array(matte.alpha.length * 4);
  for (let i = 0; i < matte.alpha.length; i++) {
    rgba[4 * i] = rgb[3 * i] ?? 0;
    rgba[4 * i + 1] = rgb[3 * i + 1] ?? 0;
    rgba[4 * i + 2] = rgb[3 * i + 2] ?? 0;
    rgba[4 * i + 3] = matte.alpha[i] ?? 0;
  }
  const raw = { width: matte.width, height: matte.height, channels: 4 } as const;
  return sharp(rgba, { raw }).toColourspace('rgb16');
}

async function finishPng(picture: Sharp, { clip, stamp }: WriterContext): Promise<Buffer> {
  const png = await picture.png({ compressionLevel: 6 }).toBuffer();
  return addPngText(png, { texts: stampFields(stamp), pixelAspect: clip.pixelAspect });
}

async function finishTiff(picture: Sharp, { clip, stamp }: WriterContext): Promise<Buffer> {
  const tiff = await picture.tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer();
  return addTiffTags(tiff, {
    description: stampText(stamp),
    software: stampSoftware(stamp),
    pixelAspect: clip.pixelAspect,
  });
}
