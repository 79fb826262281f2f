/**
 * SAM 2.1 on a graphics card: float16 on CUDA against float32 on the CPU over the first frames of a
 * made clip (logits within 2 % of their range and masks with an IoU of .995, on every frame), then
 * frames per second with a frame in one run and in parts. Where `ROTO_REFERENCE_PYTHON` names a
 * Python with torch for CUDA and sam2, Meta's compiled predictor runs in the same run. Prints a
 * table, then one JSON document; exits with 1 where the masks differ, with 6 where there is no CUDA.
 *
 *   npm run bench sam2-cuda -- [--device cuda] [--size 1024] [--model name] [--frames 48] [--checked 12]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sam2Names } from '../src/engine/sam2/architecture.ts';
import { probeProvider } from '../src/ort/providers.ts';
import { MadeModels } from '../test/support/made-model.ts';
import { compareMasks } from './sam2/compare-masks.ts';
import { followMadeClip } from './sam2/follow-made-clip.ts';
import { measureCompiledReference } from './sam2/reference-times.ts';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    size: { type: 'string', default: '1024' },
    model: { type: 'string', default: 'sam2.1-tiny' },
    frames: { type: 'string', default: '48' },
    checked: { type: 'string', default: '12' },
  },
});
const { device } = values;
const [size, frames, checked] = [values.size, values.frames, values.checked].map(Number);
const model = sam2Names.find((known) => known === values.model) ?? 'sam2.1-tiny';
/** Added to every score of the made weights, so that the object is there on every frame. */
const there = 5;
const mostError = 0.02;
const leastIou = 0.995;

async function measure(inputSize: number, length: number, compared: number): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-bench-'));
  const models = await MadeModels.create();
  try {
    const modelPath = await models.path(model, there);
    const setup = { modelPath, inputSize, cacheDir: folder };
    const exact = await followMadeClip({ ...setup, device: 'cpu', frames: compared });
    const rows: Record<string, string | number>[] = [];
    let same = true;
    for (const fused of [true, false]) {
      const got = await followMadeClip({
        ...setup,
        device,
        precision: 'fp16',
        fused,
        frames: length,
      });
      const { error, iou } = compareMasks(got.masks, exact.masks, inputSize);
      same &&= error <= mostError && iou >= leastIou;
      rows.push({
        what: `roto fp16, ${fused ? 'in one run' : 'in parts'}`,
        framesPerSecond: 1 / got.seconds,
        error,
        iou,
      });
    }
    const python = process.env['ROTO_REFERENCE_PYTHON'];
    if (python !== undefined) {
      const { fps } = await measureCompiledReference(python, { size: inputSize, model });
      rows.push({ what: 'PyTorch bf16, compiled', framesPerSecond: fps });
    }
    console.table(rows);
    console.log(JSON.stringify({ schema: 'roto.bench.sam2-cuda/1', model, size, device, rows }));
    return same;
  } finally {
    await models.remove();
    await rm(folder, { recursive: true });
  }
}

const state = await probeProvider(device);
if (!state.usable) {
  console.error(
    `Expected a machine with CUDA, but the device ${device} cannot run here: ${state.reason ?? 'no reason given'}.`,
  );
  process.exitCode = 6;
} else if (!(await measure(size ?? 1024, frames ?? 48, checked ?? 12))) {
  console.error(
    `Expected masks within ${mostError} of their range and with an IoU of ${leastIou} at least; see the table.`,
  );
  process.exitCode = 1;
}
