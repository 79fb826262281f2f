import {
  FrameRange,
  type ResultWarning,
  RotoError,
  ShotEngine,
  ShotSource,
} from '@roto/sdk/contract';
import { type Companions, companionsOf } from '../engine/companions.ts';
import type { EnginePrompt, ObjectMask } from '../engine/engine.ts';
import type { Clip, Frame } from '../media/clip.ts';
import { openClip } from '../media/open-clip.ts';
import { resolveEngine } from '../models/resolve-engine.ts';
import { checkFrame } from '../shot/resolve-prompts.ts';
import { throwIfStopped } from '../stop.ts';
import { ProgressClock } from '../timing/progress-clock.ts';
import { trackPrompt } from '../track/anchor.ts';
import { cacheFolder } from '../track/cache-folder.ts';
import { openTracking, type Tracking } from '../track/open-tracking.ts';
import { type ObjectPlan, type PlanOptions, planObject, promptedFrames } from '../track/plan.ts';
import { readMaskAt } from '../track/read-mask-at.ts';
import { pruneTracks } from '../track/remove-tracks.ts';
import { trackObjects } from '../track/tracking.ts';
import { checkedPrompt, parsed } from './checked-prompt.ts';
import type {
  AddPrompt,
  OpenSessionOptions,
  PropagateOptions,
  Session,
  SessionFrame,
  SessionMask,
} from './session.ts';

interface SessionObject {
  readonly id: number;
  name: string;
  readonly prompts: Map<number, EnginePrompt>;
}

/**
 * Opens a clip and loads an engine for it. Close the session when done; several may be open at a
 * time, on one clip too.
 *
 * @throws RotoError `invalid_argument`, what {@link openClip} throws, `model_missing`,
 *   `device_unavailable`, `out_of_memory`; `interrupted` when the signal aborts
 */
export async function openSession(options: OpenSessionOptions): Promise<Session> {
  const stop = options.signal === undefined ? {} : { signal: options.signal };
  const cacheDir = cacheFolder(options.cache);
  const source = parsed(ShotSource, options.source, 'source');
  const asked = parsed(ShotEngine, options.engine ?? {}, 'engine');
  const { config: engine, warnings } = await resolveEngine(asked);
  const clip = await openClip(source, { cacheDir, ...stop });
  try {
    const { missingFrames } = source;
    const shared = options.engines === undefined ? {} : { engines: options.engines };
    const place = { clip: clip.info, engine, cacheDir, missingFrames, ...shared };
    const tracking = await openTracking({ ...place, ...stop });
    const { firstFrame, lastFrame } = clip.info;
    const range = source.range ?? { first: firstFrame, last: lastFrame };
    const companions = companionsOf(engine);
    return new OpenSession({ clip, tracking, range, cacheDir, companions, warnings });
  } catch (error) {
    await clip.close();
    throw error;
  }
}

interface SessionParts {
  readonly clip: Clip;
  readonly tracking: Tracking;
  /** Frames that are tracked unless others are asked for. */
  readonly range: FrameRange;
  readonly cacheDir: string;
  readonly companions: Companions;
  readonly warnings: readonly ResultWarning[];
}

class OpenSession implements Session {
  readonly warnings: Session['warnings'];
  readonly #clip: Clip;
  readonly #tracking: Tracking;
  readonly #range: FrameRange;
  readonly #cacheDir: string;
  readonly #companions: Companions;
  readonly #objects = new Map<number, SessionObject>();
  /** Prompts are taken one after the other: each adds to what the one before left. */
  #adding: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor({ clip, tracking, range, cacheDir, companions, warnings }: SessionParts) {
    this.#clip = clip;
    this.#tracking = tracking;
    this.#range = range;
    this.#cacheDir = cacheDir;
    this.#companions = companions;
    this.warnings = warnings;
  }

  get clip(): Session['clip'] {
    return this.#clip.info;
  }

  get engine(): Session['engine'] {
    return this.#tracking.host.identity;
  }

  async frame(number: number, signal?: AbortSignal): Promise<Frame> {
    this.#checkOpen();
    return this.#clip.frame(number, signal);
  }

  addPrompt(prompt: AddPrompt, signal?: AbortSignal): Promise<SessionMask> {
    const added = this.#adding.catch(() => undefined).then(() => this.#addNext(prompt, signal));
    this.#adding = added;
    return added;
  }

  async #addNext(prompt: AddPrompt, signal: AbortSignal | undefined): Promise<SessionMask> {
    this.#checkOpen();
    throwIfStopped(signal);
    const { frame } = prompt;
    const known = this.#objects.get(prompt.object.id);
    const correction = prompt.correction ?? (await this.#isCorrection(known, prompt));
    const before = known?.prompts.get(frame);
    const said = checkedPrompt({ ...prompt, correction }, before, this.#clip.info);
    const object: SessionObject = {
      id: prompt.object.id,
      name: prompt.object.name ?? known?.name ?? `object-${prompt.object.id}`,
      prompts: new Map(known?.prompts).set(frame, said),
    };
    const all = new Map(this.#objects).set(object.id, object);
    const plan = this.#planOf(object, [...all.values()], {
      range: { first: frame, last: frame },
      direction: 'both',
    });
    for await (const _ of this.#track([plan], signal));
    const mask = await this.#readMask(plan, frame);
    if (mask === undefined) throw notTracked(frame);
    // What was said counts from here on, and not where the engine could not take it.
    this.#objects.set(object.id, object);
    return sessionMask(object, mask);
  }

  /**
   * Whether points are clicked on what was tracked, by an engine that refines it: who sees a mask
   * that is nearly right clicks where it is wrong, and not on the whole object again.
   */
  async #isCorrection(object: SessionObject | undefined, prompt: AddPrompt): Promise<boolean> {
    const { frame, box, mask } = prompt;
    if (this.#companions === 'none' || object === undefined) return false;
    if (box !== undefined || mask !== undefined) return false;
    const said = object.prompts.get(frame);
    if (said !== undefined) return said.correction === true;
    if (object.prompts.size === 0) return false;
    const all = [...this.#objects.values()];
    const range = { first: frame, last: frame };
    const plan = this.#planOf(object, all, { range, direction: 'both' });
    return (await this.#readMask(plan, frame)) !== undefined;
  }

  clearPrompts(object: number, frame?: number): void {
    const known = this.#objects.get(object);
    if (frame === undefined) known?.prompts.clear();
    else known?.prompts.delete(frame);
  }

  removeObject(object: number): void {
    this.#objects.delete(object);
  }

  async *propagate(options: PropagateOptions = {}): AsyncGenerator<SessionFrame, void, void> {
    this.#checkOpen();
    const { signal } = options;
    const range = parsed(FrameRange, options.range ?? this.#range, 'range');
    checkFrame(range.first, this.#clip.info, 'the range to begin');
    checkFrame(range.last, this.#clip.info, 'the range to end');
    const objects = this.#prompted();
    const { direction = 'both' } = options;
    const plans = objects.map((object) => this.#planOf(object, objects, { range, direction }));
    const clock = new ProgressClock();
    let next = range.first;
    for await (const step of this.#track(plans, signal)) {
      options.onProgress?.({ ...step, ...clock.rate(step) });
      for (; next <= range.last; next += 1) {
        const ready = await this.#readFrame(objects, plans, next);
        if (ready === undefined) break;
        yield ready;
        throwIfStopped(signal);
      }
    }
    for (; next <= range.last; next += 1) {
      throwIfStopped(signal);
      const ready = await this.#readFrame(objects, plans, next);
      if (ready === undefined) throw notTracked(next);
      yield ready;
    }
  }

  work(): ReturnType<Session['work']> {
    return this.#tracking.host.work();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#clip.close();
    await this.#tracking.close();
    await pruneTracks(this.#cacheDir);
  }

  #checkOpen(): void {
    if (this.#closed === undefined) return;
    throw new RotoError('invalid_argument', 'The session is closed.', {
      hint: 'Open another one; what was tracked is in the cache.',
    });
  }

  #track(
    plans: readonly ObjectPlan[],
    signal: AbortSignal | undefined,
  ): ReturnType<typeof trackObjects> {
    const { host, store } = this.#tracking;
    return trackObjects({
      clip: this.#clip,
      host,
      store,
      plans,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** The plan of one of the objects, whose runs may begin where another one is prompted. */
  #planOf(
    object: SessionObject,
    all: readonly SessionObject[],
    options: Pick<PlanOptions, 'range' | 'direction'>,
  ): ObjectPlan {
    const prompts = [...object.prompts].map(([frame, prompt]) => trackPrompt(frame, prompt));
    const frames = all.flatMap((each) => [...each.prompts.keys()]).map((frame) => ({ frame }));
    const prompted = promptedFrames(frames);
    return planObject({ prompts, prompted, companions: this.#companions, ...options });
  }

  #prompted(): SessionObject[] {
    const objects = [...this.#objects.values()].filter((object) => object.prompts.size > 0);
    if (objects.length > 0) return objects;
    throw new RotoError(
      'prompt_missing',
      'Expected a prompt for one object or more before tracking.',
      {
        hint: 'Call addPrompt first.',
      },
    );
  }

  /** All objects of a frame, or undefined where one of them is not tracked so far. */
  async #readFrame(
    objects: readonly SessionObject[],
    plans: readonly ObjectPlan[],
    frame: number,
  ): Promise<SessionFrame | undefined> {
    const masks: SessionMask[] = [];
    for (const [index, object] of objects.entries()) {
      const plan = plans[index];
      if (plan === undefined) continue;
      const cached = await readMaskAt(this.#tracking.store, plan, frame);
      if (cached.state === 'missing') return undefined;
      if (cached.state === 'tracked') masks.push(sessionMask(object, cached.mask));
    }
    return { frame, objects: masks };
  }

  async #readMask(plan: ObjectPlan, frame: number): Promise<ObjectMask | undefined> {
    const cached = await readMaskAt(this.#tracking.store, plan, frame);
    return cached.state === 'tracked' ? cached.mask : undefined;
  }
}

function sessionMask(object: SessionObject, mask: ObjectMask): SessionMask {
  return { ...mask, id: object.id, name: object.name, present: mask.score > 0.5 };
}

/** A closed session, or files of the cache removed while it was open. */
function notTracked(frame: number): RotoError {
  return new RotoError('track_incomplete', `Frame ${frame} was tracked, but is not in the cache.`, {
    hint: 'Something else removes files of the cache; call it again when it is done.',
  });
}
