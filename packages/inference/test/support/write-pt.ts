import { pickledStateDict } from './write-pickle.ts';
import type { WrittenTensor } from './write-safetensors.ts';
import { writeZip } from './write-zip.ts';

/** Writes a `.pt` file as `torch.save({'model': state_dict})` does; `torch.load` reads it. */
export function writePt(path: string, tensors: readonly WrittenTensor[]): Promise<void> {
  return writeZip(path, [
    { name: 'archive/data.pkl', bytes: () => pickledStateDict(tensors) },
    { name: 'archive/byteorder', bytes: () => Buffer.from('little') },
    ...tensors.map(({ bytes }, index) => ({ name: `archive/data/${index}`, bytes })),
    { name: 'archive/version', bytes: () => Buffer.from('3\n') },
  ]);
}
