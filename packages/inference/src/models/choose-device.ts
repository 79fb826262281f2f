import { RotoError } from '@roto/sdk/contract';
import { probeProvider } from '../ort/providers.ts';

/**
 * The device that will run: what was asked for, or an error; never another one. `auto` takes the
 * first graphics card where the engine gains by it and it works, else the processor.
 * @throws RotoError `device_unavailable`
 */
export async function chooseDevice(device: string, engine: 'lite' | 'sam2'): Promise<string> {
  if (device === 'cpu') return 'cpu';
  if (device === 'auto') {
    return engine === 'sam2' && (await probeProvider('cuda:0')).usable ? 'cuda:0' : 'cpu';
  }
  const name = device === 'cuda' ? 'cuda:0' : device;
  const state = await probeProvider(name);
  if (state.usable) return name;
  throw new RotoError(
    'device_unavailable',
    `The device ${device} cannot run the engine: ${state.reason ?? 'the runtime refused it'}.`,
    { param: 'device', hint: 'Use --device cpu, or see roto doctor for what CUDA lacks.' },
  );
}
