import { RotoError } from '@roto/sdk/contract';
import { mobileSamFiles } from '../../models/mobile-sam-files.ts';
import { readModelFile } from '../../models/model-file.ts';
import { exposeValues } from '../../onnx/write-model.ts';
import { createNetwork, type Network, resultFloats } from '../../ort/session.ts';
import { floatInput } from '../../ort/tensor.ts';
import { decoderFeeds, decoderOutputs, readDecoderMasks } from './decoder-io.ts';
import type { LiteNetworks, ViewFeatures, ViewPixels } from './networks.ts';

/** The one size the published graphs take. */
const side = 1024;
const grid = side / 16;

/** Output of TinyViT's stage 1, [1, 128, 128, 128]. */
const stage1 = '/layers.1/downsample/Transpose_output_0';

/** Mean of each 2x2 block of `channels` planes of 2*grid x 2*grid. */
function poolHalf(planes: Float32Array, channels: number): Float32Array {
  const pooled = new Float32Array(channels * grid * grid);
  const wide = 2 * grid;
  for (let cell = 0; cell < pooled.length; cell++) {
    const top = 2 * Math.floor(cell / grid) * wide + 2 * (cell % grid);
    const sum =
      (planes[top] ?? 0) +
      (planes[top + 1] ?? 0) +
      (planes[top + wide] ?? 0) +
      (planes[top + wide + 1] ?? 0);
    pooled[cell] = sum / 4;
  }
  return pooled;
}

async function encode(encoder: Network, view: ViewPixels): Promise<ViewFeatures> {
  if (view.width !== side || view.height !== side) {
    throw new RotoError(
      'engine_failed',
      `Expected a view of ${side}x${side} pixels for MobileSAM's own graph but got ${view.width}x${view.height}.`,
    );
  }
  const results = await encoder.run({ input: floatInput(view.data, [1, 3, side, side]) }, [
    'output',
    stage1,
  ]);
  return {
    gridWidth: grid,
    gridHeight: grid,
    embedding: resultFloats(results, 'output'),
    stage1: poolHalf(resultFloats(results, stage1), 128),
  };
}

export interface OriginalNetworksOptions {
  /** Folder of `encoder.onnx` and `sam.onnx`. */
  readonly modelPath: string;
  readonly threads?: number;
}

/**
 * MobileSAM's graphs as published, on the CPU: the reference of the rebuilt ones, and what the
 * benchmark measures against. Takes views of 1024x1024 only.
 * @throws RotoError `model_missing`, `model_corrupt`, `engine_failed`.
 */
export async function createOriginalNetworks(
  options: OriginalNetworksOptions,
): Promise<LiteNetworks> {
  const { modelPath, ...rest } = options;
  const encoder = await createNetwork(
    exposeValues(await readModelFile(modelPath, mobileSamFiles.encoder), [
      { name: stage1, type: 'float32' },
    ]),
    { name: "MobileSAM's encoder as published", ...rest },
  );
  const decoder = await createNetwork(
    exposeValues(await readModelFile(modelPath, mobileSamFiles.decoder), [
      { name: decoderOutputs.masks, type: 'float32' },
      { name: decoderOutputs.iou, type: 'float32' },
    ]),
    { name: "MobileSAM's decoder as published", ...rest },
  );
  return {
    encode: (view) => encode(encoder, view),
    decode: async (features, prompt) => {
      // The full-size masks are not fetched; a tiny size keeps their upsampling free.
      const feeds = {
        ...decoderFeeds(features, prompt),
        orig_im_size: floatInput(Float32Array.of(64, 64), [2]),
      };
      return readDecoderMasks(await decoder.run(feeds, Object.values(decoderOutputs)));
    },
    dispose: async () => {
      await encoder.dispose();
      await decoder.dispose();
    },
  };
}
