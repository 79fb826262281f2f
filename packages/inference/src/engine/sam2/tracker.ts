import { type FrameRange, RotoError } from '@roto/sdk/contract';
import type { Frame } from '../../media/clip.ts';
import type { Direction, EnginePrompt, ObjectMask, Tracker } from '../engine.ts';
import type { ChosenMask } from './choose-mask.ts';
import { type AttendingFrame, type GatheredMemory, gatherMemory } from './memory-gather.ts';
import { answerOf } from './network-answer.ts';
import type { FrameFeatures, Sam2Networks } from './networks.ts';
import type { Sam2Rules } from './presets.ts';
import { type PictureSize, promptPoints } from './prompt-points.ts';
import { clickedMask, givenMask, type PromptedFrame, rememberPrompted } from './prompt-step.ts';
import { squarePicture } from './square-picture.ts';
import { type FrameRecord, type FrameView, trackObjectsTo } from './step.ts';
import { readSnapshot, writeSnapshot } from './tracker-snapshot.ts';
import { type CurrentFrame, forgetUnreachable, type TrackerState } from './tracker-state.ts';

/** What every tracker of an engine shares. */
export interface TrackerTools {
  readonly networks: Sam2Networks;
  /** What the encoder sees in a frame; kept for a while. */
  features(frame: Frame): Promise<FrameFeatures>;
  /** Runs work and counts its time, but for the encoder's, as that of a stage. */
  timed<T>(stage: 'prompt' | 'track', work: () => Promise<T>): Promise<T>;
}

/** A frame as {@link trackObjectsTo} takes it; nothing runs until it is asked for. */
export function viewOf(tools: TrackerTools, frame: Frame): FrameView {
  return {
    square: () => squarePicture(frame, tools.networks.inputSize),
    features: () => tools.features(frame),
  };
}

/** What a tracker is made for. */
export interface TrackerScope {
  /** All frames of the clip. */
  readonly clip: FrameRange;
  readonly rules: Sam2Rules;
}

/**
 * One object followed through a clip by SAM 2.1. Its memory is that of the published predictor, held
 * to what later frames attend to.
 */
export class Sam2Tracker implements Tracker {
  readonly scope: TrackerScope;
  readonly #tools: TrackerTools;
  #state: TrackerState | undefined;

  constructor(tools: TrackerTools, scope: TrackerScope, snapshot?: Uint8Array) {
    this.#tools = tools;
    this.scope = scope;
    this.#state = snapshot === undefined ? undefined : readSnapshot(snapshot);
  }

  /** A mask and clicks of one prompt go together: the clicks refine the mask. */
  seed(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask> {
    return this.#tools.timed('prompt', async () => {
      const picture = { width: frame.width, height: frame.height };
      const index = this.#indexOf(frame);
      const record = await this.#prompted(frame, prompt, undefined, undefined);
      this.#state = {
        picture,
        cond: new Map([[index, record]]),
        tracked: new Map(),
        current: { mask: record.mask, score: record.score, index, direction: undefined },
        prompted: index,
        start: undefined,
      };
      return this.currentMask();
    });
  }

  track(frame: Frame, direction: Direction): Promise<ObjectMask> {
    return this.#tools.timed('track', async () => {
      const gathered = this.beginTrack(frame, direction);
      if (gathered === undefined) return this.currentMask();
      const objects = [{ gathered, rules: this.scope.rules }];
      const view = viewOf(this.#tools, frame);
      const records = await trackObjectsTo(this.#tools.networks, view, objects);
      return this.endTrack(frame, direction, answerOf(records));
    });
  }

  /**
   * The first half of {@link track}, for trackers that go to a frame together.
   * @returns what the frame attends to; undefined if it is a conditioning frame, whose mask is known
   */
  beginTrack(frame: Frame, direction: Direction): GatheredMemory | undefined {
    const state = this.#expectState(frame);
    const known = state.cond.get(this.#indexOf(frame));
    if (known === undefined) {
      return gatherMemory(state, this.#attending(frame, direction), this.scope.rules);
    }
    this.#moveTo(state, { ...known, index: this.#indexOf(frame), direction });
    return undefined;
  }

  /** The second half of {@link track}: takes in what the networks made of the frame. */
  endTrack(frame: Frame, direction: Direction, record: FrameRecord): ObjectMask {
    const state = this.#expectState(frame);
    const index = this.#indexOf(frame);
    const { tokens, pointer, mask, score } = record;
    const tracked = new Map(state.tracked).set(index, { tokens, pointer });
    this.#moveTo({ ...state, tracked }, { mask, score, index, direction });
    return this.currentMask();
  }

  /** The mask of the frame last worked on; nothing runs. */
  currentMask(): ObjectMask {
    const { picture, current } = this.#expectState();
    return objectMask(current, this.#tools.networks.inputSize / 4, picture);
  }

  correct(frame: Frame, prompt: EnginePrompt): Promise<ObjectMask> {
    return this.#tools.timed('prompt', async () => {
      const state = this.#expectState(frame);
      const { current } = state;
      const index = this.#indexOf(frame);
      if (current.index !== index) {
        throw new RotoError(
          'internal',
          `Expected a correction of the frame just seen, ${this.scope.clip.first + current.index}, not of frame ${frame.number}.`,
        );
      }
      const { direction } = current;
      const gathered =
        direction && gatherMemory(state, this.#attending(frame, direction), this.scope.rules);
      const record = await this.#prompted(frame, prompt, current.mask, gathered);
      const { mask, score } = record;
      this.#state = this.#corrected(
        { ...state, current: { mask, score, index, direction } },
        record,
      );
      return this.currentMask();
    });
  }

  async learn(snapshot: Uint8Array): Promise<void> {
    const state = this.#expectState();
    const other = readSnapshot(snapshot);
    const record = other.cond.get(other.prompted);
    if (record === undefined) return;
    expectSize('The learned frame', other.picture, state.picture);
    const index = other.prompted;
    const tracked = new Map(state.tracked);
    tracked.delete(index);
    this.#state = { ...state, cond: new Map(state.cond).set(index, record), tracked };
  }

  snapshot(): Uint8Array {
    return writeSnapshot(this.#expectState());
  }

  /** A corrected conditioning frame loses its correction if corrections make no such frames. */
  #corrected(state: TrackerState, record: FrameRecord): TrackerState {
    const { index, direction } = state.current;
    const tracked = new Map(state.tracked);
    if (direction === undefined || this.scope.rules.addAllFramesToCorrectAsCond) {
      tracked.delete(index);
      return { ...state, tracked, cond: new Map(state.cond).set(index, record), prompted: index };
    }
    const { tokens, pointer } = record;
    if (!state.cond.has(index)) tracked.set(index, { tokens, pointer });
    return { ...state, tracked };
  }

  async #prompted(
    frame: Frame,
    prompt: EnginePrompt,
    previous: Float32Array | undefined,
    gathered: GatheredMemory | undefined,
  ): Promise<FrameRecord> {
    const { networks } = this.#tools;
    const features = await this.#tools.features(frame);
    const seen: PromptedFrame = { networks, rules: this.scope.rules, features };
    const given = prompt.mask === undefined ? undefined : await givenMask(seen, prompt.mask);
    const points = promptPoints(prompt, frame, networks.inputSize);
    const chosen =
      given !== undefined && points.length === 0
        ? given
        : await clickedMask(seen, points, given?.mask ?? previous, gathered);
    return rememberPrompted(seen, chosen);
  }

  #moveTo(state: TrackerState, current: CurrentFrame): void {
    const { mask, score, index, direction } = current;
    const moved = {
      ...state,
      current: { mask, score, index, direction },
      start: state.start ?? index,
    };
    this.#state = forgetUnreachable(moved, this.scope.rules);
  }

  #attending(frame: Frame, direction: Direction): AttendingFrame {
    const { first, last } = this.scope.clip;
    return { index: this.#indexOf(frame), direction, frameCount: last - first + 1 };
  }

  #indexOf(frame: Frame): number {
    return frame.number - this.scope.clip.first;
  }

  #expectState(frame?: Frame): TrackerState {
    if (this.#state === undefined) {
      throw new RotoError('prompt_missing', 'Expected a key before the first tracked frame.', {
        hint: 'Start with a positive point, a box or a mask.',
      });
    }
    if (frame !== undefined) expectSize(`Frame ${frame.number}`, frame, this.#state.picture);
    return this.#state;
  }
}

function objectMask(
  { mask, score }: Pick<ChosenMask, 'mask' | 'score'>,
  side: number,
  picture: PictureSize,
): ObjectMask {
  return {
    width: side,
    height: side,
    logits: mask,
    region: { x: 0, y: 0, width: picture.width, height: picture.height },
    score: 1 / (1 + Math.exp(-score)),
  };
}

function expectSize(what: string, found: PictureSize, picture: PictureSize): void {
  if (found.width === picture.width && found.height === picture.height) return;
  throw new RotoError(
    'source_unreadable',
    `${what} is ${found.width}x${found.height}, but expected was ${picture.width}x${picture.height}, as the key is.`,
  );
}
