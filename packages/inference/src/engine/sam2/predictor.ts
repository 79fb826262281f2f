import { type FrameRange, RotoError } from '@roto/sdk/contract';
import type { Direction, MaskPicture } from '../engine.ts';
import { absentLogit, type ChosenMask } from './choose-mask.ts';
import { gatherMemory } from './memory-gather.ts';
import type { DecoderPoint, FrameFeatures, Sam2Networks } from './networks.ts';
import type { Sam2Rules } from './presets.ts';
import { type PictureSize, type PointPrompt, promptPoints } from './prompt-points.ts';
import { clickedMask, givenMask, type PromptedFrame, rememberPrompted } from './prompt-step.ts';
import { type FrameRecord, trackObjectsTo } from './step.ts';

/** A clip as the predictor sees it: frames are counted from 0. */
export interface PredictedClip extends PictureSize {
  readonly frameCount: number;
  features(index: number): Promise<FrameFeatures>;
}

/** An object's mask on a frame: 4E x 4E logits, and the logit that it is there. */
export type PredictedMask = Pick<ChosenMask, 'mask' | 'score'>;

/** Masks of all objects on one frame, by object, in the order the objects were added. */
export interface PredictedFrame {
  readonly index: number;
  readonly masks: ReadonlyMap<number, PredictedMask>;
}

/** Where to propagate to, as the published predictor takes it. */
export interface PropagateOptions {
  /** First frame; the first conditioning frame of all objects unless said. */
  readonly start?: number;
  /** Frames after the first one; to the end of the clip unless said. */
  readonly most?: number;
  readonly direction?: Direction;
}

/** Whether a prompt starts a track or corrects one, and where its outcome goes. */
type Shelf = 'cond' | 'tracked';

interface ObjectState {
  readonly points: Map<number, readonly DecoderPoint[]>;
  readonly outcome: Record<Shelf, Map<number, FrameRecord>>;
  /** Prompted since the last propagation, and not yet remembered. */
  readonly fresh: Record<Shelf, Map<number, ChosenMask>>;
  readonly reached: Map<number, Direction>;
}

/**
 * SAM 2.1 over one clip as the published predictor runs it, in every particular: all frames it saw
 * stay in memory, so it is for clips of some minutes, and for comparing. Prompts may come on any
 * frame, for any object, before and after tracking.
 * Source: facebookresearch/sam2, version 2.1, `SAM2VideoPredictor`.
 */
export class Sam2Predictor {
  readonly #networks: Sam2Networks;
  readonly #rules: Sam2Rules;
  readonly #clip: PredictedClip;
  readonly #objects = new Map<number, ObjectState>();

  constructor(networks: Sam2Networks, rules: Sam2Rules, clip: PredictedClip) {
    this.#networks = networks;
    this.#rules = rules;
    this.#clip = clip;
  }

  /** Objects there are, in the order they were added. */
  get objects(): readonly number[] {
    return [...this.#objects.keys()];
  }

  /**
   * Clicks and a box of an object on a frame. They refine the mask that is there, replace a mask
   * that was given, and replace earlier clicks unless `keep`.
   * @throws RotoError `invalid_argument` for a box that comes after clicks, or nothing said
   */
  async addPoints(
    index: number,
    object: number,
    prompt: PointPrompt,
    keep = false,
  ): Promise<PredictedFrame> {
    if (keep && prompt.box !== undefined) {
      throw refusal('Expected a box to come before all points, but earlier points are kept.');
    }
    const said = promptPoints(prompt, this.#clip, this.#networks.inputSize);
    if (said.length === 0) throw refusal('Expected points or a box, but none came.');
    const state = this.#stateOf(object);
    const points = keep ? [...(state.points.get(index) ?? []), ...said] : said;
    state.points.set(index, points);
    const shelf = this.#shelfOf(state, index);
    const direction = state.reached.get(index);
    const previous = latest(state, shelf, index)?.mask;
    const frame = await this.#promptedFrame(index);
    const gathered = direction && this.#gather(state, index, direction);
    state.fresh[shelf].set(index, await clickedMask(frame, points, previous, gathered));
    return this.#masksAt(index, shelf);
  }

  /** A given mask of an object on a frame; it replaces clicks there. */
  async addMask(index: number, object: number, picture: MaskPicture): Promise<PredictedFrame> {
    const state = this.#stateOf(object);
    state.points.delete(index);
    const shelf = this.#shelfOf(state, index);
    state.fresh[shelf].set(index, await givenMask(await this.#promptedFrame(index), picture));
    return this.#masksAt(index, shelf);
  }

  /**
   * Tracks every object through the clip, and yields each frame.
   * @throws RotoError `prompt_missing` if an object has no conditioning frame
   */
  async *propagate(options: PropagateOptions = {}): AsyncGenerator<PredictedFrame, void, void> {
    await this.#rememberFresh();
    const direction = options.direction ?? 'forward';
    const range = this.#rangeOf(options, direction);
    const count = range.last - range.first + 1;
    for (let i = 0; i < count; i += 1) {
      yield await this.#trackTo(
        direction === 'forward' ? range.first + i : range.last - i,
        direction,
      );
    }
  }

  /** Takes back what was said of an object on a frame; its mask stays as one that was tracked. */
  clearPrompts(index: number, object: number): PredictedFrame {
    const state = this.#stateOf(object);
    this.#clear(state, index);
    const prompted = [...this.#objects.values()].some(({ fresh }) => fresh.cond.has(index));
    return this.#masksAt(index, prompted ? 'cond' : 'tracked');
  }

  /** Forgets an object and all that was said of it. */
  removeObject(object: number): void {
    this.#objects.delete(object);
  }

  /** Forgets everything. */
  reset(): void {
    this.#objects.clear();
  }

  #stateOf(object: number): ObjectState {
    const known = this.#objects.get(object);
    if (known !== undefined) return known;
    const state: ObjectState = {
      points: new Map(),
      outcome: { cond: new Map(), tracked: new Map() },
      fresh: { cond: new Map(), tracked: new Map() },
      reached: new Map(),
    };
    this.#objects.set(object, state);
    return state;
  }

  #shelfOf(state: ObjectState, index: number): Shelf {
    const starts = !state.reached.has(index);
    return starts || this.#rules.addAllFramesToCorrectAsCond ? 'cond' : 'tracked';
  }

  async #promptedFrame(index: number): Promise<PromptedFrame> {
    const features = await this.#clip.features(index);
    return { networks: this.#networks, rules: this.#rules, features };
  }

  #gather({ outcome }: ObjectState, index: number, direction: Direction) {
    if (outcome.cond.size === 0) {
      throw refusal(
        `Expected a conditioning frame to correct frame ${index} by, but there is none.`,
      );
    }
    const frame = { index, direction, frameCount: this.#clip.frameCount };
    return gatherMemory(outcome, frame, this.#rules);
  }

  async #rememberFresh(): Promise<void> {
    if (this.#objects.size === 0) throw nothingSaid('any object');
    for (const [object, { fresh, outcome }] of this.#objects) {
      for (const shelf of ['tracked', 'cond'] as const) {
        for (const [index, mask] of fresh[shelf]) {
          const frame = await this.#promptedFrame(index);
          outcome[shelf].set(index, await rememberPrompted(frame, mask));
        }
        fresh[shelf].clear();
      }
      if (outcome.cond.size === 0) throw nothingSaid(`object ${object}`);
      for (const index of outcome.cond.keys()) outcome.tracked.delete(index);
    }
  }

  /** Backward from the first frame there is nothing to do, not even the frame itself. */
  #rangeOf({ start, most }: PropagateOptions, direction: Direction): FrameRange {
    const { frameCount } = this.#clip;
    const prompted = [...this.#objects.values()].flatMap(({ outcome }) => [...outcome.cond.keys()]);
    const from = start ?? Math.min(...prompted);
    const length = most ?? frameCount;
    if (direction === 'forward') {
      return { first: from, last: Math.min(from + length, frameCount - 1) };
    }
    return { first: Math.max(from - length, 0), last: from > 0 ? from : -1 };
  }

  async #trackTo(index: number, direction: Direction): Promise<PredictedFrame> {
    const going = [...this.#objects.values()].filter(({ outcome }) => !outcome.cond.has(index));
    if (going.length > 0) {
      const records = await trackObjectsTo(
        this.#networks,
        { features: () => this.#clip.features(index) },
        going.map((state) => ({
          gathered: this.#gather(state, index, direction),
          rules: this.#rules,
        })),
      );
      for (const [i, record] of records.entries()) going[i]?.outcome.tracked.set(index, record);
    }
    for (const { reached } of this.#objects.values()) reached.set(index, direction);
    return this.#masksAt(index, 'cond');
  }

  #clear(state: ObjectState, index: number): void {
    state.points.delete(index);
    state.fresh.cond.delete(index);
    state.fresh.tracked.delete(index);
    const record = state.outcome.cond.get(index);
    if (record === undefined) return;
    state.outcome.cond.delete(index);
    state.outcome.tracked.set(index, record);
    state.reached.delete(index);
  }

  #masksAt(index: number, shelf: Shelf): PredictedFrame {
    const side = this.#networks.inputSize / 4;
    const masks = [...this.#objects].map(([object, state]): [number, PredictedMask] => {
      const found = latest(state, shelf, index);
      if (found !== undefined) return [object, { mask: found.mask, score: found.score }];
      const mask = new Float32Array(side * side).fill(absentLogit);
      return [object, { mask, score: absentLogit }];
    });
    return { index, masks: new Map(masks) };
  }
}

/** The newest mask of an object on a frame, as the shelf that is asked about has it. */
function latest(state: ObjectState, shelf: Shelf, index: number): ChosenMask | undefined {
  return (
    state.fresh[shelf].get(index) ??
    state.outcome.cond.get(index) ??
    state.outcome.tracked.get(index)
  );
}

function refusal(message: string): RotoError {
  return new RotoError('invalid_argument', message);
}

function nothingSaid(of: string): RotoError {
  return new RotoError('prompt_missing', `Expected a point, a box or a mask of ${of}.`, {
    hint: 'Say where the object is before tracking it.',
  });
}
