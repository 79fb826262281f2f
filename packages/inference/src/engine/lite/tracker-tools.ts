import type { Frame } from '../../media/clip.ts';
import { type CellFeatures, cellFeatures, channelMeans } from './cell-features.ts';
import type { FitRunner } from './fit-runner.ts';
import type { KeptFeatures } from './kept-features.ts';
import { cellsInPicture, type MaskGrid, positiveCells } from './mask-grid.ts';
import type { DecoderMasks, DecoderPrompt, LiteNetworks, ViewFeatures } from './networks.ts';
import type { FitSums } from './ridge.ts';
import { trainingLabels } from './training-labels.ts';
import type { PictureSize, View, ViewRules } from './view.ts';
import { viewPixels } from './view-pixels.ts';

/** Seconds spent by stage since the engine was made. */
export interface StageSeconds {
  encode: number;
  prompt: number;
  track: number;
}

/** How often since the engine was made. */
export interface StageCounts {
  /** Runs of the encoder. */
  encode: number;
}

/** What every tracker of an engine shares. */
export interface TrackerTools {
  readonly networks: LiteNetworks;
  readonly fit: FitRunner;
  readonly rules: ViewRules;
  readonly seconds: StageSeconds;
  readonly counts: StageCounts;
  /** Of the views that prompts asked for last. */
  readonly kept: KeptFeatures;
}

async function timed<T>(
  seconds: StageSeconds,
  stage: keyof StageSeconds,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    seconds[stage] += (performance.now() - start) / 1000;
  }
}

/** What the encoder sees of a frame in a view. */
export function encodeView(tools: TrackerTools, frame: Frame, view: View): Promise<ViewFeatures> {
  tools.counts.encode += 1;
  return timed(tools.seconds, 'encode', () => tools.networks.encode(viewPixels(frame, view)));
}

/** The same, kept for another prompt on the frame. */
export function encodeKept(tools: TrackerTools, frame: Frame, view: View): Promise<ViewFeatures> {
  return tools.kept.of(frame, view, () => encodeView(tools, frame, view));
}

/** The decoder's four masks. */
export function decodeMasks(
  tools: TrackerTools,
  features: ViewFeatures,
  prompt: DecoderPrompt,
): Promise<DecoderMasks> {
  return timed(tools.seconds, 'prompt', () => tools.networks.decode(features, prompt));
}

/** Runs `work` and counts as `track` what of its time was spent in neither network. */
export async function onTrackClock<T>(tools: TrackerTools, work: () => Promise<T>): Promise<T> {
  const { seconds } = tools;
  const networks = () => seconds.encode + seconds.prompt;
  const before = networks();
  const start = performance.now();
  try {
    return await work();
  } finally {
    seconds.track += (performance.now() - start) / 1000 - (networks() - before);
  }
}

/** Size in mask cells of one cell of a 256-cell mask, the unit the tracker's lengths are in. */
export function lengthUnit(rules: ViewRules): number {
  return rules.inputSize / 1024;
}

/** What a mask teaches the target model; `emphasis` as in {@link trainingLabels}. */
export function fitSumsOf(
  tools: TrackerTools,
  features: CellFeatures,
  mask: MaskGrid,
  picture: PictureSize,
  emphasis?: Float32Array,
): Promise<FitSums> {
  const inside = cellsInPicture(mask.view, picture);
  const labels = trainingLabels(positiveCells(mask), inside, mask.view, emphasis);
  return tools.fit.sums(features, labels);
}

/** Cell features and the channel means they were made with; new means where none are given. */
export function describeCells(
  features: ViewFeatures,
  means?: Float32Array,
): { cells: CellFeatures; means: Float32Array } {
  const used = means ?? channelMeans(features);
  return { cells: cellFeatures(features, used), means: used };
}
