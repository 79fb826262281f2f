import { listSupportedBackends } from 'onnxruntime-node';
import { int64Tensor } from '../onnx/tensor.ts';
import { writeModel } from '../onnx/write-model.ts';
import { createNetwork } from './session.ts';

/** An execution provider of this build of onnxruntime, tried for real. */
export interface ProviderState {
  /** `cpu`, `cuda`. */
  readonly name: string;
  readonly usable: boolean;
  /** Why it is not usable, in the runtime's words. */
  readonly reason?: string;
}

/** The smallest network there is: it hands out a constant. */
function probeModel(): Uint8Array {
  return writeModel({
    irVersion: 8,
    producer: 'roto',
    opsets: { '': 17 },
    graph: {
      name: 'probe',
      nodes: [
        {
          op: 'Identity',
          domain: '',
          name: 'probe',
          inputs: ['one'],
          outputs: ['out'],
          attributes: {},
        },
      ],
      initializers: [int64Tensor('one', [1], [1])],
      inputs: [],
      outputs: [{ name: 'out', type: 'int64', shape: [1] }],
      values: [],
    },
  });
}

async function probe(name: string): Promise<ProviderState> {
  try {
    const network = await createNetwork(probeModel(), { name: `test of ${name}`, device: name });
    await network.run({}, ['out']);
    await network.dispose();
    return { name, usable: true };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const words = cause instanceof Error ? cause.message : String(cause);
    return { name, usable: false, reason: words.split('\n', 1)[0] ?? words };
  }
}

/** Providers that our engines know how to use; DirectML, CoreML and WebGPU they do not. */
const known = ['cpu', 'cuda'];

let states: Promise<readonly ProviderState[]> | undefined;

/** Every provider our engines could use, each with whether it works here; asked once a process. */
export function probeProviders(): Promise<readonly ProviderState[]> {
  states ??= Promise.all(
    listSupportedBackends()
      .map((backend) => backend.name)
      .filter((name) => known.includes(name))
      .map(probe),
  );
  return states;
}

/** Names of the providers that really run here; `cpu` is always among them. */
export async function usableProviders(): Promise<readonly string[]> {
  const all = await probeProviders();
  return all.filter((state) => state.usable).map((state) => state.name);
}
