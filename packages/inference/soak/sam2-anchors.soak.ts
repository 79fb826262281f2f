// Real weights of SAM 2.1 against published figures: the predicted IoU of the three masks that one
// click on a known photograph gives. `pnpm soak sam2-anchors` needs ROTO_SAM2_CHECKPOINT (a checkpoint
// of Meta, any size, .pt or .safetensors) and ROTO_SAM2_PICTURE (car.png, from
// huggingface.co/ybelkada/segment-anything, assets/car.png; it is not ours to bring).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { openCheckpoint } from '../src/checkpoint/checkpoint.ts';
import type { Sam2Name } from '../src/engine/sam2/architecture.ts';
import { createSam2Networks } from '../src/engine/sam2/onnx-networks.ts';
import { promptPoints } from '../src/engine/sam2/prompt-points.ts';
import { squarePicture } from '../src/engine/sam2/square-picture.ts';

/** Source: huggingface/transformers, convert_sam2_to_hf.py. */
const anchors: Readonly<Record<Sam2Name, readonly number[]>> = {
  'sam2.1-tiny': [0.0316, 0.9647, 0.1029],
  'sam2.1-small': [0.9664, 0.1494, 0.0456],
  'sam2.1-base-plus': [0.0361, 0.9775, 0.1307],
  'sam2.1-large': [0.9648, 0.0371, 0.1898],
};
const tolerance = 1e-2;
const inputSize = 1024;
const click = { x: 1000, y: 600, label: 'positive' } as const;

const { ROTO_SAM2_CHECKPOINT: weights, ROTO_SAM2_PICTURE: picture } = process.env;
if (weights === undefined || picture === undefined) {
  console.log(
    'Not run: set ROTO_SAM2_CHECKPOINT to a checkpoint of SAM 2.1 and ROTO_SAM2_PICTURE to car.png of huggingface.co/ybelkada/segment-anything.',
  );
  process.exit(0);
}
const { data, info } = await sharp(picture)
  .removeAlpha()
  .toColourspace('srgb')
  .raw()
  .toBuffer({ resolveWithObject: true });
const { width, height } = info;
const cacheDir = await mkdtemp(join(tmpdir(), 'roto-anchors-'));
const checkpoint = await openCheckpoint(weights);
try {
  const networks = await createSam2Networks({ checkpoint, inputSize, cacheDir });
  const features = await networks.encode(
    squarePicture({ width, height, rgb: new Uint8Array(data) }, inputSize),
  );
  const points = promptPoints({ points: [click] }, { width, height }, inputSize);
  const [decoded] = await networks.decode(features, features.imageWithoutMemory, [{ points }]);
  const ious = [...(decoded?.ious.subarray(1) ?? [])];
  const expected = anchors[checkpoint.architecture];
  const error = Math.max(...expected.map((iou, at) => Math.abs(iou - (ious[at] ?? Number.NaN))));
  console.log(
    `${checkpoint.architecture}: IoU ${shown(ious)}, published ${shown(expected)}, apart by ${error.toFixed(4)}`,
  );
  process.exitCode = error <= tolerance ? 0 : 1;
  await networks.dispose();
} finally {
  await checkpoint.close();
  await rm(cacheDir, { recursive: true, force: true });
}

function shown(values: readonly number[]): string {
  return values.map((value) => value.toFixed(4)).join(' ');
}
