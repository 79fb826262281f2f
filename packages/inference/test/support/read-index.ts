import { CheckpointFile } from '../../src/checkpoint/checkpoint-file.ts';
import { readSafetensorsIndex } from '../../src/checkpoint/safetensors.ts';
import type { StoredTensor } from '../../src/checkpoint/tensor-entry.ts';
import { readTorchIndex } from '../../src/checkpoint/torch-file.ts';

/** The tensors of a file of either format, of whatever network. */
export async function readIndexOf(path: string): Promise<StoredTensor[]> {
  const file = await CheckpointFile.open(path);
  try {
    const start = await file.read(0, Math.min(4, file.size));
    const isZip = start.toString('latin1').startsWith('PK');
    return isZip ? await readTorchIndex(file) : await readSafetensorsIndex(file);
  } finally {
    await file.close();
  }
}
