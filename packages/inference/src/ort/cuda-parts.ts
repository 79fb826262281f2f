import { readFile, stat } from 'node:fs/promises';
import { arch, constants, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type RuntimePlace, runtimePlace } from './runtime-place.ts';

/** The libraries by which onnxruntime reaches CUDA; they have to be of its very version. */
export const providerLibraries = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
  'libonnxruntime_providers_tensorrt.so',
] as const;

/** What they need in turn. Source: the ELF header of the CUDA one of 1.30.0; it opens cuDNN itself. */
const cudaLibraries = [
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
];
const cudnnLibraries = ['libcudnn.so.9'];
/** The oldest driver that CUDA 13 runs on. */
const neededDriver = 580;

/** Written beside the libraries when they were installed, to tell their version. */
export const providerRecordName = 'roto-cuda.json';
export const ProviderRecord = z.object({
  schema: z.literal('roto.cuda-libraries/1'),
  version: z.string(),
  /** Hex SHA-256 of the package they came in. */
  sha256: z.string(),
});

/** How the machine is asked; other answers are given in tests. */
export interface CudaSurroundings {
  readonly platform: string;
  readonly place: RuntimePlace;
  /** Whether a library can be loaded by its name. */
  readonly load: (library: string) => boolean;
  /** What the driver says of itself; undefined where there is none. */
  readonly driver: () => Promise<string | undefined>;
}

/** What CUDA lacks on this machine, a sentence each without its full stop; nothing where it is whole. */
export async function cudaLacks(around?: CudaSurroundings): Promise<string[]> {
  const asked = around ?? {
    platform: `${platform()} ${arch()}`,
    place: await runtimePlace(),
    load: isLoadable,
    driver: driverVersion,
  };
  if (asked.platform !== 'linux x64') {
    return [`onnxruntime for Node has CUDA on linux x64 only, and this is ${asked.platform}`];
  }
  const libraries = [
    ...lackingLibraries('CUDA 13', cudaLibraries, asked.load),
    ...lackingLibraries('cuDNN 9', cudnnLibraries, asked.load),
  ];
  return [...(await driverLacks(asked)), ...libraries, ...(await providerLacks(asked.place))];
}

async function driverLacks({ load, driver }: CudaSurroundings): Promise<string[]> {
  if (!load('libcuda.so.1')) return ['the NVIDIA driver (libcuda.so.1) is missing'];
  const version = await driver();
  if (version === undefined) return ['the NVIDIA driver is not running'];
  if (Number.parseInt(version, 10) >= neededDriver) return [];
  return [`the NVIDIA driver is ${version}, and CUDA 13 needs ${neededDriver} or newer`];
}

function lackingLibraries(
  what: string,
  names: readonly string[],
  load: CudaSurroundings['load'],
): string[] {
  const missing = names.filter((name) => !load(name));
  return missing.length === 0 ? [] : [`${what} (${missing.join(', ')}) is missing`];
}

async function providerLacks({ folder, version }: RuntimePlace): Promise<string[]> {
  const needed = providerLibraries.slice(0, 2);
  const found = await Promise.all(needed.map((name) => isFile(join(folder, name))));
  const missing = needed.filter((_, index) => found[index] !== true);
  if (missing.length > 0) {
    return [
      `onnxruntime ${version} has no CUDA libraries (${missing.join(', ')}), which roto setup cuda fetches`,
    ];
  }
  const record = await readProviderRecord(folder);
  if (record === undefined || record.version === version) return [];
  return [
    `the CUDA libraries are those of onnxruntime ${record.version}, not ${version}, which roto setup cuda fetches`,
  ];
}

/** Which libraries lie in a folder, where `roto setup cuda` put them there. */
export async function readProviderRecord(
  folder: string,
): Promise<z.infer<typeof ProviderRecord> | undefined> {
  try {
    const text = await readFile(join(folder, providerRecordName), 'utf8');
    return ProviderRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** Has the system's loader load a library, found as any program would find it. */
function isLoadable(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    // Loaded, and no addon of Node's: Node has one code for both, so its words have to tell.
    return error instanceof Error && error.message.startsWith('Module did not self-register');
  }
}

async function driverVersion(): Promise<string | undefined> {
  const text = await readFile('/proc/driver/nvidia/version', 'utf8').catch(() => '');
  return /Kernel Module[^\n]*?\s(\d+\.\d[\d.]*)/.exec(text)?.[1];
}
