import { RotoError } from '@roto/sdk/contract';
import { type Checkpoint, openCheckpoint } from '../../checkpoint/checkpoint.ts';
import { cacheFolder } from '../../track/cache-folder.ts';
import type { Engine, EngineConfig, EngineIdentity, TrackerSetup } from '../engine.ts';
import { FeatureCache } from './feature-cache.ts';
import type { Sam2Networks } from './networks.ts';
import { createSam2Networks } from './onnx-networks.ts';
import { resolveRules } from './presets.ts';
import { StageClock } from './stage-clock.ts';
import { stepTogether } from './step-together.ts';
import { Sam2Tracker, type TrackerTools } from './tracker.ts';

/** Raised whenever a change of the state machine changes a mask. */
const trackerVersion = 1;

/** The side SAM 2.1 was trained at, pixels. */
const trainedSize = 1024;

/** Features kept for frames seen again: about 12 frames at 1024 pixels, 50 at 512. */
const featureCacheBytes = 256 * 2 ** 20;

/**
 * SAM 2.1 from a checkpoint; on CUDA in float16 unless `precision` says otherwise. Call it, and everything it gives, on one worker thread: a run of a
 * network blocks the thread it is called on.
 * @throws RotoError `model_missing`, `model_corrupt`, `model_unsupported`, `device_unavailable`,
 * `out_of_memory`, `invalid_argument` for an input size that is no multiple of 32, or a precision
 * that this processor does not have
 */
export async function createSam2Engine(config: EngineConfig): Promise<Engine> {
  const { modelPath, model, device, inputSize = trainedSize, threads, cacheDir } = config;
  const precision = config.precision ?? (device.startsWith('cuda') ? 'fp16' : 'fp32');
  const checkpoint = await openCheckpoint(modelPath);
  try {
    const sha256 = await expectedSha256(checkpoint, model?.sha256);
    const networks = await createSam2Networks({
      checkpoint,
      inputSize,
      device,
      precision,
      cacheDir: cacheDir ?? cacheFolder(undefined),
      ...(threads === undefined ? {} : { threads }),
    });
    return sam2Engine(networks, {
      engine: 'sam2',
      model: { id: model?.id ?? checkpoint.architecture, sha256 },
      device,
      settings: { inputSize, precision, tracker: trackerVersion },
    });
  } finally {
    await checkpoint.close();
  }
}

async function expectedSha256(
  checkpoint: Checkpoint,
  expected: string | undefined,
): Promise<string> {
  const found = await checkpoint.sha256();
  if (expected === undefined || expected === found) return found;
  throw new RotoError(
    'model_corrupt',
    `Expected ${checkpoint.path} to have the SHA-256 ${expected}, but it has ${found}.`,
    { hint: 'Fetch the model again with "roto models pull".' },
  );
}

/** The engine over networks that are loaded, which it disposes of with itself. */
export function sam2Engine(networks: Sam2Networks, identity: EngineIdentity): Engine {
  const cache = new FeatureCache(networks, featureCacheBytes);
  const clock = new StageClock();
  const tools: TrackerTools = {
    networks,
    features: (frame) => clock.timed('encode', () => cache.features(frame)),
    timed: (stage, work) => clock.timed(stage, work),
  };
  const tracker = ({ clip, rules }: TrackerSetup, snapshot?: Uint8Array) =>
    new Sam2Tracker(tools, { clip, rules: resolveRules(rules) }, snapshot);
  return {
    identity,
    createTracker: (setup) => tracker(setup),
    restoreTracker: (snapshot, setup) => tracker(setup, snapshot),
    step: (frame, steps) => stepTogether(tools, frame, steps),
    timings: () => clock.seconds,
    counts: () => ({ encode: cache.encoded }),
    dispose: async () => {
      cache.clear();
      await networks.dispose();
    },
  };
}
