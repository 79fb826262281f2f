import { listSupportedBackends } from 'onnxruntime-node';
import { int64Tensor } from '../onnx/tensor.ts';
import { writeModel } from '../onnx/write-model.ts';
import { cudaLacks } from './cuda-parts.ts';
import { createNetwork } from './session.ts';

/** An execution provider of this build of onnxruntime, tried for real. */
export interface ProviderState {
  /** `cpu`, `cuda`. */
  readonly name: string;
  readonly usable: boolean;
  /** Why it is not usable: what is missing, else the runtime's words. */
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

async function tryDevice(device: string): Promise<ProviderState> {
  const name = device;
  try {
    const network = await createNetwork(probeModel(), { name: `test of ${device}`, device });
    await network.run({}, ['out']);
    await network.dispose();
    return { name, usable: true };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const words = cause instanceof Error ? cause.message : String(cause);
    const lacks = name.startsWith('cuda') ? await cudaLacks() : [];
    const reason = lacks.length > 0 ? lacks.join('; ') : (words.split('\n', 1)[0] ?? words);
    return { name, usable: false, reason };
  }
}

const tried = new Map<string, Promise<ProviderState>>();

/** Whether `device` (`cpu`, `cuda`, `cuda:1`) really runs a network; tried once a process. */
export function probeProvider(device: string): Promise<ProviderState> {
  const state = tried.get(device) ?? tryDevice(device);
  tried.set(device, state);
  return state;
}

/** Providers that our engines know how to use; DirectML, CoreML and WebGPU they do not. */
const known = ['cpu', 'cuda'];

/** Every provider our engines can use, each with whether it works here. */
export function probeProviders(): Promise<readonly ProviderState[]> {
  const names = listSupportedBackends().map((backend) => backend.name);
  return Promise.all(
    known.map((name) => (names.includes(name) ? probeProvider(name) : absent(name))),
  );
}

async function absent(name: string): Promise<ProviderState> {
  return { name, usable: false, reason: 'not part of onnxruntime on this platform' };
}

/** Names of the providers that really run here; `cpu` is always among them. */
export async function usableProviders(): Promise<readonly string[]> {
  const all = await probeProviders();
  return all.filter((state) => state.usable).map((state) => state.name);
}
