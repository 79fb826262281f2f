// Ours beside Meta's predictor on real frames and made weights: the largest error of a logit over the
// range of those of objects that are there, of a score, and the worst overlap of two masks.
// `pnpm soak sam2-reference [--sequence bear] [--size 256] [--frames 24] [--model sam2.1-tiny]`
// needs ROTO_REFERENCE_PYTHON (a Python as in packages/inference/reference/README.md) and
// ROTO_TEST_DATA (the folder that has davis2016-train).
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { listSequences, readSequence, type Sequence } from '../bench/accuracy/sequences.ts';
import { sam2Names } from '../src/engine/sam2/architecture.ts';
import { type Fixture, readArrays } from '../test/support/fixture-file.ts';
import { MadeModels } from '../test/support/made-model.ts';
import {
  EncodedClip,
  type PlayedClip,
  playScenario,
  type Said,
  type Scenario,
} from '../test/support/play-scenario.ts';

/** Above this, or below, the two differ by more than rounding. */
const mostError = 1e-3;
const leastOverlap = 0.995;

const { values } = parseArgs({
  options: {
    sequence: { type: 'string' },
    size: { type: 'string', default: '256' },
    frames: { type: 'string', default: '24' },
    model: { type: 'string', default: 'sam2.1-tiny' },
  },
});
const python = process.env['ROTO_REFERENCE_PYTHON'];
if (python === undefined || process.env['ROTO_TEST_DATA'] === undefined) {
  console.log(
    'Not run: set ROTO_REFERENCE_PYTHON to a Python with sam2 (packages/inference/reference/README.md) and ROTO_TEST_DATA to the folder of davis2016-train.',
  );
  process.exit(0);
}
const model = sam2Names.find((name) => name === values.model);
if (model === undefined) {
  throw new Error(`Expected --model of ${sam2Names.join(', ')}, not ${values.model}`);
}
const name = values.sequence ?? (await listSequences()).sort((a, b) => (a < b ? -1 : 1))[0];
if (name === undefined) throw new Error('No sequence in davis2016-train');
const sequence = await readSequence(name, Number(values.frames));
const scenarios = scenariosOf(sequence, Number(values.size));
const folder = await mkdtemp(join(tmpdir(), 'roto-reference-'));
const models = await MadeModels.create();
try {
  await writeClip(folder, sequence, { model, scenarios });
  console.log(`${name}: ${sequence.frames.length} frames at ${values.size}, ${model}`);
  await promisify(execFile)(python, ['play.py', folder], {
    cwd: join(import.meta.dirname, '../reference'),
    // Threads that wait asleep: on a busy machine the others are slowed tenfold by those that spin.
    env: { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' },
  });
  const networks = await models.networks(model, Number(values.size));
  const encoded = new EncodedClip(networks, playedClip(sequence));
  for (const scenario of scenarios) {
    const said: Said[] = [];
    for await (const one of playScenario(networks, encoded, scenario)) said.push(one);
    report(scenario.name, said, readArrays(join(folder, `${scenario.name}.safetensors`)));
  }
  await networks.dispose();
} finally {
  await models.remove();
  await rm(folder, { recursive: true, force: true });
}

/** The prompts of the sequence in turn, and a correction half way by the true mask. */
function scenariosOf({ frames, prompt }: Sequence, inputSize: number): Scenario[] {
  const { points, box } = prompt('box');
  const [first] = points;
  if (first === undefined || box === undefined) throw new Error('The sequence has no prompts');
  const common = { inputSize, frames: frames.length, scoreShift: 0 };
  const at = { frame: 0, object: 1 } as const;
  const click = { do: 'points', ...at, points: [[first.x, first.y, 1]], keep: false } as const;
  const corners: [number, number, number, number] = [box.x1, box.y1, box.x2, box.y2];
  const go = { do: 'propagate', reverse: false } as const;
  const half = Math.floor(frames.length / 2);
  const benchmark = { preset: 'benchmark' } as const;
  return [
    {
      ...common,
      name: 'one-click',
      rules: benchmark,
      steps: [{ ...click, points: [[first.x, first.y, 1]] }, go],
    },
    {
      ...common,
      name: 'box',
      rules: { preset: 'product', fillHoleArea: 0 },
      steps: [{ do: 'points', ...at, points: [], box: corners, keep: false }, go],
    },
    {
      ...common,
      name: 'mask',
      rules: benchmark,
      steps: [{ do: 'mask', ...at, mask: { frame: 0, which: 0 } }, go],
    },
    {
      ...common,
      name: 'corrected',
      rules: benchmark,
      steps: [
        { ...click, points: [[first.x, first.y, 1]] },
        go,
        { do: 'mask', frame: half, object: 1, mask: { frame: half, which: 0 } },
        go,
      ],
    },
  ];
}

function playedClip({ frames, truth }: Sequence): PlayedClip {
  const [first] = frames;
  if (first === undefined) throw new Error('The sequence has no frames');
  return {
    width: first.width,
    height: first.height,
    frame: (index) => frames[index]?.rgb ?? new Uint8Array(),
    mask: (index) => truth[index]?.data ?? new Uint8Array(),
  };
}

async function writeClip(path: string, { frames, truth }: Sequence, asked: object): Promise<void> {
  const [first] = frames;
  const size = { width: first?.width, height: first?.height };
  await writeFile(join(path, 'play.json'), JSON.stringify({ ...size, ...asked }));
  await writeFile(join(path, 'frames.rgb'), Buffer.concat(frames.map(({ rgb }) => rgb)));
  await writeFile(join(path, 'masks.gray'), Buffer.concat(truth.map(({ data }) => data)));
}

function report(title: string, said: readonly Said[], reference: Fixture): void {
  const scores = reference.read('scores');
  const all = reference.read('logits');
  const length = all.length / scores.length;
  if (said.length !== scores.length) throw new Error(`${said.length} masks for ${scores.length}`);
  let [lowest, highest, error, scoreError] = [Infinity, -Infinity, 0, 0];
  let [overlap, there, apart] = [1, 0, 0];
  said.forEach(({ logits, score }, at) => {
    const expected = all.subarray(at * length, (at + 1) * length);
    const [ours, theirs] = [score > 0, (scores[at] ?? 0) > 0];
    scoreError = Math.max(scoreError, Math.abs(score - (scores[at] ?? Number.NaN)));
    if (ours !== theirs) apart += 1;
    if (!ours || !theirs) return;
    there += 1;
    let [both, either] = [0, 0];
    expected.forEach((value, cell) => {
      const own = logits[cell] ?? Number.NaN;
      lowest = Math.min(lowest, value);
      highest = Math.max(highest, value);
      error = Math.max(error, Math.abs(own - value));
      both += Number(own > 0 && value > 0);
      either += Number(own > 0 || value > 0);
    });
    overlap = Math.min(overlap, either === 0 ? 1 : both / either);
  });
  const relative = error / (highest - lowest);
  console.log(
    `${title}: ${said.length} masks, ${there} there; logits off by ${relative.toExponential(1)} of ${(highest - lowest).toFixed(1)}, scores by ${scoreError.toExponential(1)}, IoU from ${overlap.toFixed(5)}, ${apart} there in one only`,
  );
  if (!(relative <= mostError) || overlap < leastOverlap || apart > 0) process.exitCode = 1;
}
