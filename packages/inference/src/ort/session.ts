import { availableParallelism } from 'node:os';
import { RotoError } from '@roto/sdk/contract';
import { env, InferenceSession } from 'onnxruntime-node';
import { toRotoError } from './ort-error.ts';
import type { NetworkValue } from './tensor.ts';

// The runtime would print what it also throws, in colour, into the user's terminal.
env.logLevel = 'fatal';

export interface NetworkOptions {
  /** Name of the network in error messages. */
  readonly name: string;
  /** `cpu` (the default), `cuda` or `cuda:N`. */
  readonly device?: string;
  /** Threads of one operator; the number of cores this process may use unless said. */
  readonly threads?: number;
  /** Folder that the places of external data are relative to, for a model given as bytes. */
  readonly weightsFolder?: string;
}

/** A loaded network. `run` blocks the thread it is called on until the results are there. */
export interface Network {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Computes the values named in `wanted`, and only what they need. */
  run(
    feeds: Readonly<Record<string, NetworkValue>>,
    wanted: readonly string[],
  ): Promise<Readonly<Record<string, NetworkValue>>>;
  dispose(): Promise<void>;
}

function executionProviders(device: string): InferenceSession.ExecutionProviderConfig[] {
  const [name, index] = device.split(':');
  if (name === 'cuda') {
    return [{ name: 'cuda', deviceId: Number(index ?? 0) }];
  }
  return ['cpu'];
}

function sessionOptions(options: NetworkOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: executionProviders(options.device ?? 'cpu'),
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A memory plan per input size is kept for ever: with views of many sizes memory would grow.
    enableMemPattern: false,
    // Threads that spin while they wait win nothing on an idle machine, and lose half the speed on
    // a busy one: ffmpeg and the matte work run beside the network.
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        ...(options.weightsFolder === undefined
          ? {}
          : { model_external_initializers_file_folder_path: options.weightsFolder }),
      },
    },
    logSeverityLevel: 4,
  };
}

/**
 * Loads a network from the bytes of an ONNX model, or from a file with external data.
 * @throws RotoError `model_corrupt`, `device_unavailable`, `out_of_memory` or `engine_failed`.
 */
export async function createNetwork(
  model: Uint8Array | string,
  options: NetworkOptions,
): Promise<Network> {
  let session: InferenceSession;
  try {
    session =
      typeof model === 'string'
        ? await InferenceSession.create(model, sessionOptions(options))
        : await InferenceSession.create(model, sessionOptions(options));
  } catch (cause) {
    throw toRotoError(cause, options.name);
  }
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds, wanted) => {
      try {
        return await session.run(feeds, wanted);
      } catch (cause) {
        throw toRotoError(cause, options.name);
      }
    },
    dispose: async () => session.release(),
  };
}

/** The float32 values of a result; a view of the runtime's memory, valid as long as it is held. */
export function resultFloats(
  results: Readonly<Record<string, NetworkValue>>,
  name: string,
): Float32Array {
  const data = results[name]?.data;
  if (!(data instanceof Float32Array)) {
    throw new RotoError(
      'engine_failed',
      `Expected float32 values for "${name}" from the neural network.`,
    );
  }
  return data;
}
