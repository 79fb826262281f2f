import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { RotoError } from '@roto/sdk/contract';
import type { Environment } from '../environment.ts';
import { sam2Files } from '../models/sam2-files.ts';
import type { EngineConfig } from './engine.ts';

/** What the lite engine takes once it has run, bytes. */
const liteBytes = 500e6;
/** What the sam2 engine works in at 1024 x 1024, bytes: measured 0.6e9; it goes with the area. */
const sam2WorkBytes = 0.7e9;
/** Features it keeps of frames seen before, bytes. */
const sam2FeatureBytes = 270e6;
/** Weights are held once, as the runtime packs them: from the file they are only mapped. */
const weightCopies = 1.1;

const units = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
} as const;

/**
 * Bytes that loaded models may take together: `ROTO_MODEL_MEMORY`, as `6GiB`, `900MB` or plain
 * bytes; half of the memory this process may use unless said.
 * @throws RotoError `invalid_argument`
 */
export function modelMemoryLimit(env: Environment = process.env): number {
  const asked = env['ROTO_MODEL_MEMORY'];
  if (asked === undefined || asked === '') {
    const allowed = process.constrainedMemory();
    return (allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()) / 2;
  }
  const [, number, unit = 'B'] = /^(\d+(?:\.\d+)?)\s*([KMG]i?B|B)?$/i.exec(asked.trim()) ?? [];
  const factor = Object.entries(units).find(([name]) => name === unit.toUpperCase())?.[1];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new RotoError(
    'invalid_argument',
    `Expected ROTO_MODEL_MEMORY to be a number of bytes such as 6GiB but received ${JSON.stringify(asked.slice(0, 40))}.`,
    { param: 'ROTO_MODEL_MEMORY' },
  );
}

/** Whether an engine failed for want of memory. */
export function isOutOfMemory(error: unknown): error is RotoError {
  return error instanceof RotoError && error.code === 'out_of_memory';
}

/** About what an engine takes once it has run, bytes. */
export async function engineBytes(config: EngineConfig): Promise<number> {
  if (config.engine === 'lite') return liteBytes;
  const weights = (await stat(config.modelPath).catch(() => undefined))?.size ?? 0;
  return sam2Bytes(weights, config.inputSize ?? 1024);
}

function sam2Bytes(weights: number, inputSize: number): number {
  const work = sam2WorkBytes * (inputSize / 1024) ** 2;
  return weightCopies * weights + sam2FeatureBytes + work;
}

/** Says what would run in the memory there is, after an engine did not. */
export async function withWhatFits(error: RotoError, config: EngineConfig): Promise<RotoError> {
  const free = process.availableMemory();
  const took = await engineBytes(config);
  const sizes = [config.inputSize ?? 1024, 768, 512].filter(
    (size) => size <= (config.inputSize ?? 1024),
  );
  const options =
    config.engine === 'lite'
      ? []
      : sam2Files
          .toReversed()
          .flatMap(({ id, file }) =>
            sizes.map((size) => ({ id, size, bytes: sam2Bytes(file.bytes, size) })),
          );
  const fits = options
    .filter(({ bytes }) => bytes < Math.min(took, free))
    .sort((a, b) => b.bytes - a.bytes)[0];
  const hint =
    fits === undefined
      ? 'Close other programs, or use --engine lite at a smaller --input-size.'
      : `${fits.id} with an input size of ${fits.size} takes about ${gigabytes(fits.bytes)}.`;
  return new RotoError(
    'out_of_memory',
    `${error.message} It takes about ${gigabytes(took)}, and ${gigabytes(free)} are free.`,
    { ...(error.param === undefined ? {} : { param: error.param }), hint, cause: error },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
