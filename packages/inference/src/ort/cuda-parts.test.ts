import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CudaSurroundings, cudaLacks, providerLibraries } from './cuda-parts.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-cuda-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function layLibraries(version?: string): Promise<void> {
  for (const name of providerLibraries) await writeFile(join(folder, name), '');
  if (version === undefined) return;
  const record = { schema: 'roto.cuda-libraries/1', version, sha256: '' };
  await writeFile(join(folder, 'roto-cuda.json'), JSON.stringify(record));
}

/** A machine that has everything but the libraries named. */
function machine(
  more: Partial<CudaSurroundings> = {},
  ...missing: readonly string[]
): CudaSurroundings {
  return {
    platform: 'linux x64',
    place: { version: '1.30.0', folder },
    load: (library) => !missing.includes(library),
    driver: async () => '580.65.06',
    ...more,
  };
}

describe('cudaLacks', () => {
  it('finds nothing missing where driver, CUDA, cuDNN and the right libraries are', async () => {
    await layLibraries('1.30.0');
    expect(await cudaLacks(machine())).toEqual([]);
    await rm(join(folder, 'roto-cuda.json'));
    expect(await cudaLacks(machine())).toEqual([]);
  });

  it.each<[string, Partial<CudaSurroundings>, readonly string[], RegExp]>([
    ['a driver', {}, ['libcuda.so.1'], /driver \(libcuda\.so\.1\) is missing/],
    ['a driver that runs', { driver: async () => undefined }, [], /driver is not running/],
    ['a newer driver', { driver: async () => '570.1' }, [], /driver is 570\.1.*580 or newer/],
    ['CUDA', {}, ['libcublas.so.13', 'libcurand.so.10'], /^CUDA 13 .*libcublas\.so\.13, libcurand/],
    ['cuDNN', {}, ['libcudnn.so.9'], /^cuDNN 9 .*libcudnn\.so\.9/],
    ['Linux', { platform: 'darwin arm64' }, [], /linux x64 only, and this is darwin arm64/],
  ])('names it where there is no %s', async (_what, more, missing, said) => {
    await layLibraries('1.30.0');
    expect(await cudaLacks(machine(more, ...missing))).toEqual([expect.stringMatching(said)]);
  });

  it('names the libraries that are not there, and those of another version', async () => {
    expect(await cudaLacks(machine())).toEqual([
      expect.stringMatching(
        /1\.30\.0 has no CUDA libraries \(libonnx.*shared\.so, libonnx.*cuda\.so\), which roto setup cuda/,
      ),
    ]);
    await layLibraries('1.29.0');
    expect(await cudaLacks(machine())).toEqual([
      expect.stringMatching(/those of onnxruntime 1\.29\.0, not 1\.30\.0/),
    ]);
  });

  it('asks this machine itself, whose loader tells what is there from what is not', async () => {
    const lacks = await cudaLacks();
    expect(lacks.every((lack) => lack.length > 10 && !lack.endsWith('.'))).toBe(true);
  });
});
