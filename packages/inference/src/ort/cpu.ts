import { readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';

/** The lines of /proc/cpuinfo; empty where there is none. */
function cpuInfo(): string {
  if (platform() !== 'linux') {
    return '';
  }
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

/** Whether a CPU described by `info` multiplies and sums bytes in one exact instruction. */
export function describesByteDotProducts(architecture: string, info: string): boolean {
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(info)?.[1]?.trim().split(/\s+/) ?? [];
  const wanted = architecture === 'arm64' ? ['asimddp'] : ['avx512_vnni', 'avx_vnni'];
  return wanted.some((flag) => flags.includes(flag));
}

/**
 * Whether 8-bit matrix products are fast and exact here: AVX-VNNI or AVX512-VNNI on x86, dot
 * products on ARM. Older x86 instructions saturate sums of u8 x s8. Known on Linux only; elsewhere
 * the answer is no.
 */
export function hasByteDotProducts(): boolean {
  return describesByteDotProducts(arch(), cpuInfo());
}
