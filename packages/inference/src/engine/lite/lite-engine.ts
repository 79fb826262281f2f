import { mobileSamSha256 } from '../../models/mobile-sam-files.ts';
import type { Engine, EngineConfig } from '../engine.ts';
import { stepOneByOne } from '../step-one-by-one.ts';
import { createFitRunner } from './fit-runner.ts';
import { KeptFeatures } from './kept-features.ts';
import { createLiteNetworks, encoderPrecision } from './mobile-sam.ts';
import { LiteTracker } from './tracker.ts';
import type { StageCounts, StageSeconds, TrackerTools } from './tracker-tools.ts';
import type { ViewRules } from './view.ts';

/** Raised whenever a change of the tracker changes a mask. */
const trackerVersion = 4;

/** Input sizes and margins of the two qualities. */
const qualities = {
  standard: { inputSize: 1024, context: 2 },
  draft: { inputSize: 672, context: 1.5 },
} as const satisfies Record<
  NonNullable<EngineConfig['quality']>,
  Pick<ViewRules, 'inputSize' | 'context'>
>;

const minSide = 256;

/** How views are laid for an engine's quality and input size. */
function viewRules(config: EngineConfig): ViewRules {
  const quality = qualities[config.quality ?? 'standard'];
  const wanted = config.inputSize ?? quality.inputSize;
  return { ...quality, inputSize: Math.max(256, Math.round(wanted / 32) * 32), cut: true, minSide };
}

/**
 * MobileSAM with our own tracker. Call it, and everything it gives, on one worker thread: a run of
 * a network blocks the thread it is called on.
 * @throws RotoError `model_missing`, `model_corrupt`, `device_unavailable`, `out_of_memory`.
 */
export async function createLiteEngine(config: EngineConfig): Promise<Engine> {
  const { modelPath, device, threads } = config;
  const precision = encoderPrecision(device);
  const rules = viewRules(config);
  const runtime = { ...(threads === undefined ? {} : { threads }) };
  const networks = await createLiteNetworks({ modelPath, device, precision, ...runtime });
  const fit = await createFitRunner(threads);
  const seconds: StageSeconds = { encode: 0, prompt: 0, track: 0 };
  const counts: StageCounts = { encode: 0 };
  const kept = new KeptFeatures();
  const tools: TrackerTools = { networks, fit, rules, seconds, counts, kept };
  return {
    identity: {
      engine: 'lite',
      model: { id: 'mobilesam', sha256: mobileSamSha256 },
      device,
      settings: {
        inputSize: rules.inputSize,
        context: rules.context,
        minSide: rules.minSide,
        precision,
        tracker: trackerVersion,
      },
    },
    createTracker: () => new LiteTracker(tools),
    restoreTracker: (snapshot) => new LiteTracker(tools, snapshot),
    step: stepOneByOne,
    timings: () => ({ ...seconds }),
    counts: () => ({ ...counts }),
    dispose: async () => {
      await networks.dispose();
      await fit.dispose();
    },
  };
}
