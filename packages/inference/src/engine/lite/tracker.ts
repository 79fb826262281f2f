import { RotoError } from '@roto/sdk/contract';
import type { Frame } from '../../media/clip.ts';
import type { EnginePrompt, ObjectMask, Tracker } from '../engine.ts';
import { cellMotion } from './cell-motion.ts';
import { correctMask } from './correction.ts';
import { type FoundObject, findObject } from './find-object.ts';
import { greyPicture } from './grey-picture.ts';
import {
  areaInPixels,
  boxOfCells,
  countCells,
  filledGrid,
  type MaskGrid,
  outsideLogit,
  positiveCells,
  resampleGrid,
} from './mask-grid.ts';
import type { ViewFeatures } from './networks.ts';
import { nextView } from './next-view.ts';
import { presenceScore } from './presence.ts';
import { blendSums, type FitSums } from './ridge.ts';
import { seedMask } from './seed.ts';
import {
  fitKeys,
  fitTarget,
  rememberCorrection,
  rememberFrame,
  settleMemory,
  startMemory,
} from './target-memory.ts';
import { readSnapshot, writeSnapshot } from './tracker-snapshot.ts';
import type { TrackerState } from './tracker-state.ts';
import {
  describeCells,
  encodeView,
  fitSumsOf,
  onTrackClock,
  type TrackerTools,
} from './tracker-tools.ts';
import { nextTrust, startTrust } from './trust.ts';
import { boxCentre, sameView, viewRegion, wholeView } from './view.ts';

/** Part of the key's fit that the whole picture has; its view has the rest. */
const surroundingsShare = 0.3;
/** Part of the newest motion in the running velocity. */
const velocityShare = 0.5;
/** Part of the newest frame in whether the object moves. */
const movingShare = 0.2;
/** What is left of the area an object may have, from frame to frame. */
const reachKept = 0.97;
/** Only masks of about the key's area are learned from, and only where the object is surely seen. */
const learnedAreas = { least: 0.2, most: 5 } as const;
const learnedScore = 0.7;

/** One object followed by MobileSAM and an online linear model of how it looks. */
export class LiteTracker implements Tracker {
  readonly #tools: TrackerTools;
  #state: TrackerState | undefined;
  /** Features of the last frame's view, for a correction; not part of the state. */
  #features: ViewFeatures | undefined;

  constructor(tools: TrackerTools, snapshot?: Uint8Array) {
    this.#tools = tools;
    this.#state = snapshot === undefined ? undefined : readSnapshot(snapshot);
  }

  seed(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask> {
    return onTrackClock(this.#tools, () => this.#seed(frame, prompt));
  }

  track(frame: Frame): Promise<ObjectMask> {
    return onTrackClock(this.#tools, () => this.#track(frame));
  }

  correct(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask> {
    return onTrackClock(this.#tools, () => this.#correct(frame, prompt));
  }

  /** Runs of this engine have no companions: nobody calls it. */
  async learn(): Promise<void> {
    throw new RotoError('internal', 'The lite engine follows each prompted frame by itself.');
  }

  snapshot(): Uint8Array {
    return writeSnapshot(this.#expectState());
  }

  async #seed(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask> {
    const { mask, features } = await seedMask(this.#tools, frame, prompt);
    const { cells, means } = describeCells(features);
    const picture = { width: frame.width, height: frame.height };
    const sums = await fitSumsOf(this.#tools, cells, mask, picture);
    const surroundings = await this.#surroundings(frame, mask, means);
    const memory = startMemory(
      surroundings === undefined ? sums : blendSums(sums, surroundings, surroundingsShare),
    );
    const seen = whereIs(mask);
    this.#features = features;
    this.#state = {
      picture,
      mask,
      box: seen?.box ?? { x1: 0, y1: 0, x2: frame.width, y2: frame.height },
      velocity: { x: 0, y: 0 },
      area: seen?.area ?? 0,
      keyArea: seen?.area ?? 0,
      reach: seen?.area ?? 0,
      lostFrames: seen === undefined ? 1 : 0,
      moving: 0,
      grey: greyPicture(frame),
      trust: startTrust(mask),
      means,
      memory,
      keyModel: fitKeys(memory),
    };
    return objectMask(mask, seen === undefined ? 0 : 1);
  }

  /** What the whole picture of the key teaches of the background that the view does not show. */
  async #surroundings(
    frame: Frame,
    mask: MaskGrid,
    means: Float32Array,
  ): Promise<FitSums | undefined> {
    const whole = wholeView(frame, this.#tools.rules);
    if (sameView(whole, mask.view)) {
      return undefined;
    }
    const features = await encodeView(this.#tools, frame, whole);
    const { cells } = describeCells(features, means);
    return await fitSumsOf(this.#tools, cells, resampleGrid(mask, whole), frame);
  }

  async #track(frame: Frame): Promise<ObjectMask> {
    const tools = this.#tools;
    const state = this.#expectState();
    expectSize(frame, state);
    const view = nextView({ ...state, view: state.mask.view }, state.picture, tools.rules);
    const features = await encodeView(tools, frame, view);
    const memory = settleMemory(state.memory);
    const { cells } = describeCells(features, state.means);
    const model = fitTarget(memory);
    const grey = greyPicture(frame);
    const lost = state.lostFrames > 0;
    const motion = cellMotion(state, grey, state.picture, view);
    const searched = { view, features, cells, model, motion };
    const found = await findObject(tools, state, searched);
    const score = presenceScore(found.evidence);
    this.#features = features;
    if (score <= 0.5) {
      const mask = filledGrid(view, outsideLogit);
      const trust = new Float32Array(mask.logits.length);
      this.#state = { ...state, mask, memory, grey, trust, lostFrames: state.lostFrames + 1 };
      return objectMask(mask, score);
    }
    const trust = nextTrust(found.mask, found.wanted, lost ? undefined : motion);
    const next = seenState({ ...state, memory, grey, trust }, found);
    const ratio = next.area / next.keyArea;
    this.#state =
      score > learnedScore && ratio > learnedAreas.least && ratio < learnedAreas.most
        ? {
            ...next,
            memory: rememberFrame(memory, await fitSumsOf(tools, cells, found.mask, state.picture)),
          }
        : next;
    return objectMask(found.mask, score);
  }

  async #correct(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask> {
    const tools = this.#tools;
    const state = this.#expectState();
    expectSize(frame, state);
    const corrected = await correctMask(tools, frame, state.mask, prompt, this.#features);
    const { mask, features, emphasis } = corrected;
    const { cells } = describeCells(features, state.means);
    const sums = await fitSumsOf(tools, cells, mask, state.picture, emphasis);
    const memory = rememberCorrection(state.memory, sums);
    const seen = whereIs(mask);
    this.#features = features;
    this.#state = {
      ...state,
      ...seen,
      reach: seen?.area ?? state.reach,
      trust: startTrust(mask),
      mask,
      memory,
      keyModel: fitKeys(memory),
      lostFrames: seen === undefined ? Math.max(1, state.lostFrames) : 0,
    };
    return objectMask(mask, seen === undefined ? 0 : 1);
  }

  #expectState(): TrackerState {
    if (this.#state === undefined) {
      throw new RotoError('prompt_missing', 'Expected a key before the first tracked frame.', {
        hint: 'Start with a positive point, a box or a mask.',
      });
    }
    return this.#state;
  }
}

function expectSize(frame: Frame, { picture }: TrackerState): void {
  if (frame.width !== picture.width || frame.height !== picture.height) {
    throw new RotoError(
      'source_unreadable',
      `Expected frame ${frame.number} to be ${picture.width}x${picture.height} as the key is, but it is ${frame.width}x${frame.height}.`,
    );
  }
}

/** Box and area of a mask in pixels of the picture; undefined where it is empty. */
function whereIs(mask: MaskGrid): Pick<TrackerState, 'box' | 'area'> | undefined {
  const cells = positiveCells(mask);
  const box = boxOfCells(cells, mask.view);
  return box && { box, area: areaInPixels(mask.view, countCells(cells)) };
}

/** The state after the object was seen where `found` says. */
function seenState(state: TrackerState, found: FoundObject): TrackerState {
  const seen = whereIs(found.mask) ?? { box: state.box, area: state.area };
  const before = boxCentre(state.box);
  const now = boxCentre(seen.box);
  const share = state.lostFrames > 0 ? 0 : velocityShare;
  const velocity = {
    x: share * (now.x - before.x) + (1 - velocityShare) * state.velocity.x,
    y: share * (now.y - before.y) + (1 - velocityShare) * state.velocity.y,
  };
  const reach = Math.max(seen.area, reachKept * state.reach);
  const moving = state.moving + movingShare * ((found.moving ?? state.moving) - state.moving);
  return { ...state, ...seen, reach, moving, mask: found.mask, velocity, lostFrames: 0 };
}

function objectMask(mask: MaskGrid, score: number): ObjectMask {
  return {
    width: mask.width,
    height: mask.height,
    logits: mask.logits.slice(),
    region: viewRegion(mask.view),
    score,
  };
}
