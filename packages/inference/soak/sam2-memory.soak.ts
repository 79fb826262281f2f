// Memory must not grow with the frames that SAM 2.1 has tracked: resident memory of the engine after
// the first 100 frames and after every 100 more, with made weights.
// `npm run soak sam2-memory -- [--frames 1000] [--size 512]`
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSam2Engine } from '../src/engine/sam2/sam2-engine.ts';
import { madeFrame, madeHeight, madeWidth } from '../test/support/made-clip.ts';
import { MadeModels } from '../test/support/made-model.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000' },
    size: { type: 'string', default: '512' },
  },
});
const frames = Number(values.frames);
const inputSize = Number(values.size);
/** The clip comes round again after so many frames. */
const round = 80;
/** Growth that counts as flat. */
const mostGrowth = 0.05;

const models = await MadeModels.create();
try {
  const modelPath = await models.path('sam2.1-tiny');
  const cacheDir = join(modelPath, '..', 'cache');
  const config = { engine: 'sam2', modelPath, device: 'cpu', quality: 'standard' } as const;
  const engine = await createSam2Engine({ ...config, inputSize, cacheDir });
  const tracker = engine.createTracker({
    clip: { first: 0, last: frames },
    rules: { preset: 'product' },
  });
  const prompt = { points: [{ x: 70, y: 60, label: 'positive' as const }] };
  await tracker.seed(frame(0), prompt);
  let first = 0;
  let most = 0;
  for (let number = 1; number <= frames; number += 1) {
    await tracker.track(frame(number), 'forward');
    if (number % 100 !== 0) continue;
    const resident = process.memoryUsage().rss;
    if (number === 100) first = resident;
    most = Math.max(most, resident);
    console.log(`${number} frames: ${(resident / 2 ** 20).toFixed(0)} MiB`);
  }
  const growth = most / first - 1;
  console.log(`after the first 100 frames memory grew by at most ${(100 * growth).toFixed(1)} %`);
  process.exitCode = growth <= mostGrowth ? 0 : 1;
  await engine.dispose();
} finally {
  await models.remove();
}

/** A frame of its own number: no two are alike, so that each runs the encoder. */
function frame(number: number) {
  const rgb = madeFrame(number % round);
  rgb.fill(number % 251, 0, 3 * madeWidth * (1 + (number % 7)));
  return { number, width: madeWidth, height: madeHeight, rgb };
}
