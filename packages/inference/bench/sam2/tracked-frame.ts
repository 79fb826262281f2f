import { sam2Sizes } from '../../src/engine/sam2/architecture.ts';
import type { DecodedMasks, ObjectBank, Sam2Networks } from '../../src/engine/sam2/networks.ts';
import { madeWeights } from '../../test/support/made-weights.ts';

export const memoryPointers = 16;

/** The networks that a tracked frame goes through, in order. */
export const steps = ['encode', 'attend', 'decode', 'encodeMemory'] as const;
export type Seconds = Readonly<Record<(typeof steps)[number], number>>;

/** A memory as full as it gets with one prompted frame. */
export function fullMemory(size: number): ObjectBank {
  const area = (size / 16) ** 2;
  return {
    blocks: Array.from({ length: sam2Sizes.memoryFrames }, (_, at) => ({
      tokens: madeWeights(`map ${at}.weight`, [area * sam2Sizes.memoryDim]).map(
        (value) => 4 * value,
      ),
      row: (at + 6) % 7,
    })),
    pointers: Array.from({ length: memoryPointers }, (_, at) => ({
      pointer: madeWeights(`pointer ${at}.weight`, [sam2Sizes.dim]).map((value) => 4 * value),
      position: at / 15,
    })),
  };
}

/** What one object on one tracked frame costs, and the masks it gave. */
export async function trackFrame(
  networks: Sam2Networks,
  square: Uint8Array,
  bank: ObjectBank,
): Promise<{ seconds: Seconds; decoded: DecodedMasks | undefined }> {
  const times = [performance.now()];
  const features = await networks.encode(square);
  times.push(performance.now());
  const image = await networks.attend(features, [bank]);
  times.push(performance.now());
  const [decoded] = await networks.decode(features, image, [{ points: [] }]);
  times.push(performance.now());
  const logits = decoded?.masks[1] ?? new Float32Array();
  await networks.encodeMemory(features, [{ logits, binary: false, present: true }]);
  times.push(performance.now());
  const spent = (step: number) => ((times[step + 1] ?? 0) - (times[step] ?? 0)) / 1000;
  return {
    seconds: { encode: spent(0), attend: spent(1), decode: spent(2), encodeMemory: spent(3) },
    decoded,
  };
}
