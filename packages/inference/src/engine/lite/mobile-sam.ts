import { RotoError } from '@roto/sdk/contract';
import { mobileSamFiles } from '../../models/mobile-sam-files.ts';
import { readModelFile } from '../../models/model-file.ts';
import { NodeWeights } from '../../onnx/node-weights.ts';
import { readModel } from '../../onnx/read-model.ts';
import { tensorFloats } from '../../onnx/tensor.ts';
import { writeModel } from '../../onnx/write-model.ts';
import { hasByteDotProducts } from '../../ort/cpu.ts';
import { createNetwork, type Network, resultFloats } from '../../ort/session.ts';
import { floatInput } from '../../ort/tensor.ts';
import { decoderFeeds, decoderOutputs, readDecoderMasks } from './decoder-io.ts';
import { buildDecoder, frequencyMatrix, gridPositions } from './decoder-model.ts';
import type { Precision } from './encoder-graph.ts';
import { buildEncoder } from './encoder-model.ts';
import type {
  DecoderMasks,
  DecoderPrompt,
  LiteNetworks,
  ViewFeatures,
  ViewPixels,
} from './networks.ts';

export interface LiteNetworksOptions {
  /** Folder of `encoder.onnx` and `sam.onnx`. */
  readonly modelPath: string;
  /** `auto`, the default: what {@link encoderPrecision} says. */
  readonly precision?: Precision | 'auto';
  /** `cpu` (the default), `cuda` or `cuda:N`. */
  readonly device?: string;
  /** Threads of one operator; the number of cores this process may use unless said. */
  readonly threads?: number;
}

/**
 * Precision of the encoder on a device: int8 where the CPU multiplies bytes in one instruction
 * (a third faster, embedding cosine above .999), else fp32. Part of what decides a mask.
 */
export function encoderPrecision(device = 'cpu'): Precision {
  return device === 'cpu' && hasByteDotProducts() ? 'int8' : 'fp32';
}

async function encode(encoder: Network, view: ViewPixels): Promise<ViewFeatures> {
  const { width, height, data } = view;
  const whole = width > 0 && height > 0 && width % 16 === 0 && height % 16 === 0;
  if (!whole || data.length !== 3 * width * height) {
    throw new RotoError(
      'engine_failed',
      `Expected a view whose sides are multiples of 16 and three values a pixel but got ${width}x${height} with ${data.length} values.`,
    );
  }
  const results = await encoder.run({ pixels: floatInput(data, [1, 3, height, width]) }, [
    'embedding',
    'stage1',
  ]);
  return {
    gridWidth: width / 16,
    gridHeight: height / 16,
    embedding: resultFloats(results, 'embedding'),
    stage1: resultFloats(results, 'stage1'),
  };
}

/** The decoder with the positional encodings of the grids seen so far, by their longer side. */
class Decoder {
  readonly #network: Network;
  readonly #frequencies: Float32Array;
  readonly #positions = new Map<number, Float32Array>();

  constructor(network: Network, frequencies: Float32Array) {
    this.#network = network;
    this.#frequencies = frequencies;
  }

  async decode(features: ViewFeatures, prompt: DecoderPrompt): Promise<DecoderMasks> {
    const side = Math.max(features.gridWidth, features.gridHeight);
    const positions = this.#positions.get(side) ?? gridPositions(this.#frequencies, side);
    if (!this.#positions.has(side)) {
      // A run uses one or two sides; more would be a leak of megabytes each.
      if (this.#positions.size >= 4) {
        this.#positions.clear();
      }
      this.#positions.set(side, positions);
    }
    const feeds = {
      ...decoderFeeds(features, prompt),
      positions: floatInput(positions, [256, side, side]),
    };
    return readDecoderMasks(await this.#network.run(feeds, Object.values(decoderOutputs)));
  }
}

/**
 * MobileSAM's networks, rebuilt from the published weights for views of any size and shape.
 * @throws RotoError `model_missing`, `model_corrupt`, `device_unavailable`, `out_of_memory`.
 */
export async function createLiteNetworks(options: LiteNetworksOptions): Promise<LiteNetworks> {
  const { modelPath, precision = 'auto', ...rest } = options;
  const chosen = precision === 'auto' ? encoderPrecision(options.device) : precision;
  const encoderFile = readModel(await readModelFile(modelPath, mobileSamFiles.encoder));
  const encoder = await createNetwork(writeModel(buildEncoder(encoderFile, chosen)), {
    name: "MobileSAM's encoder",
    ...rest,
  });
  const decoderFile = readModel(await readModelFile(modelPath, mobileSamFiles.decoder));
  const network = await createNetwork(writeModel(buildDecoder(decoderFile)), {
    name: "MobileSAM's decoder",
    ...rest,
  });
  const frequencies = tensorFloats(new NodeWeights(decoderFile.graph).tensor(frequencyMatrix));
  const decoder = new Decoder(network, frequencies);
  return {
    encode: (view) => encode(encoder, view),
    decode: (features, prompt) => decoder.decode(features, prompt),
    dispose: async () => {
      await encoder.dispose();
      await network.dispose();
    },
  };
}
