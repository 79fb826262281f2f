import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const Times = z.object({
  size: z.number(),
  /** Seconds per tracked frame. */
  fp32: z.number(),
  bf16: z.number(),
  threads: z.number(),
});
export type ReferenceTimes = z.infer<typeof Times>;

/** Runs Meta's predictor on the same task; see `reference/README.md` for what `python` needs. */
export async function measureReference(
  python: string,
  asked: { readonly size: number; readonly threads: number; readonly frames: number },
): Promise<ReferenceTimes> {
  const folder = join(import.meta.dirname, '..', '..', 'reference');
  const { stdout } = await promisify(execFile)(
    python,
    ['bench.py', ...Object.entries(asked).flatMap(([name, value]) => [`--${name}`, `${value}`])],
    { cwd: folder },
  );
  return Times.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

const CompiledTimes = z.object({
  /** Tracked frames per second. */
  fps: z.number(),
});

/** Runs Meta's compiled predictor on CUDA; it fails where `python` has no torch for CUDA. */
export async function measureCompiledReference(
  python: string,
  asked: { readonly size: number; readonly model: string },
): Promise<z.infer<typeof CompiledTimes>> {
  const folder = join(import.meta.dirname, '..', '..', 'reference');
  const { stdout } = await promisify(execFile)(
    python,
    [
      'bench_cuda.py',
      ...Object.entries(asked).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    ],
    { cwd: folder },
  );
  return CompiledTimes.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
