import { type FrameRange, RotoError, ShotEngine, ShotSource } from '@roto/sdk/contract';
import type { EnginePrompt, ObjectMask } from '../engine/engine.ts';
import type { Clip } from '../media/clip.ts';
import { openClip } from '../media/open-clip.ts';
import { resolveEngine } from '../models/registry.ts';
import { checkBox, checkFrame, checkMask, checkPoint } from '../shot/resolve-prompts.ts';
import { ProgressClock } from '../timing/progress-clock.ts';
import { trackPrompt } from '../track/anchor.ts';
import { cacheFolder } from '../track/cache-folder.ts';
import { openTracking, type Tracking } from '../track/open-tracking.ts';
import { type ObjectPlan, planObject } from '../track/plan.ts';
import { readMaskAt } from '../track/read-mask-at.ts';
import { trackObjects } from '../track/tracking.ts';
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

/** Opens a clip and loads an engine for it. */
export async function openSession(options: OpenSessionOptions): Promise<Session> {
  const cacheDir = cacheFolder(options.cache);
  const engine = await resolveEngine(ShotEngine.parse(options.engine ?? {}));
  const source = ShotSource.parse(options.source);
  const clip = await openClip(source, {
    cacheDir,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const { missingFrames } = source;
    const tracking = await openTracking({ clip: clip.info, engine, cacheDir, missingFrames });
    return new OpenSession(clip, tracking);
  } catch (error) {
    await clip.close();
    throw error;
  }
}

class OpenSession implements Session {
  readonly #clip: Clip;
  readonly #tracking: Tracking;
  readonly #objects = new Map<number, SessionObject>();

  constructor(clip: Clip, tracking: Tracking) {
    this.#clip = clip;
    this.#tracking = tracking;
  }

  get clip(): Session['clip'] {
    return this.#clip.info;
  }

  get engine(): Session['engine'] {
    return this.#tracking.host.identity;
  }

  async addPrompt(prompt: AddPrompt, signal?: AbortSignal): Promise<SessionMask> {
    const { frame } = prompt;
    const known = this.#objects.get(prompt.object.id);
    const said = this.#checked(prompt, known?.prompts.get(frame));
    const object: SessionObject = {
      id: prompt.object.id,
      name: prompt.object.name ?? known?.name ?? `object-${prompt.object.id}`,
      prompts: new Map(known?.prompts).set(frame, said),
    };
    const plan = planOf(object, { first: frame, last: frame }, 'both');
    for await (const _ of this.#track([plan], signal));
    // What was said counts from here on, and not where the engine could not take it.
    this.#objects.set(object.id, object);
    const cached = await readMaskAt(this.#tracking.store, plan, frame);
    if (cached.state !== 'tracked') {
      throw new RotoError('engine_failed', `The engine gave no mask for frame ${frame}.`);
    }
    return sessionMask(object, cached.mask);
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
    const { firstFrame, lastFrame } = this.#clip.info;
    const range = options.range ?? { first: firstFrame, last: lastFrame };
    checkFrame(range.first, this.#clip.info, 'the range to begin');
    checkFrame(range.last, this.#clip.info, 'the range to end');
    const objects = this.#prompted();
    const plans = objects.map((object) => planOf(object, range, options.direction ?? 'both'));
    const clock = new ProgressClock();
    let next = range.first;
    for await (const step of this.#track(plans, options.signal)) {
      options.onProgress?.({ ...step, ...clock.rate(step) });
      for (; next <= range.last; next += 1) {
        const ready = await this.#readFrame(objects, plans, next);
        if (ready === undefined) break;
        yield ready;
      }
    }
    for (; next <= range.last; next += 1) {
      const ready = await this.#readFrame(objects, plans, next);
      if (ready !== undefined) yield ready;
    }
  }

  async close(): Promise<void> {
    await this.#clip.close();
    await this.#tracking.close();
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

  #checked(prompt: AddPrompt, before: EnginePrompt | undefined): EnginePrompt {
    const info = this.#clip.info;
    checkFrame(prompt.frame, info, 'a prompt');
    const points = prompt.points ?? [];
    for (const point of points) checkPoint(point, info);
    if (prompt.mask !== undefined) checkMask(prompt.mask, info, 'the mask given');
    const box = prompt.box === undefined ? before?.box : checkBox(prompt.box, info);
    const mask = prompt.mask ?? before?.mask;
    return {
      points: [...(before?.points ?? []), ...points],
      ...(box === undefined ? {} : { box }),
      ...(mask === undefined ? {} : { mask }),
    };
  }
}

function planOf(
  object: SessionObject,
  range: FrameRange,
  direction: 'forward' | 'backward' | 'both',
): ObjectPlan {
  const prompts = [...object.prompts].map(([frame, prompt]) => trackPrompt(frame, prompt));
  return planObject({ prompts, range, direction });
}

function sessionMask(object: SessionObject, mask: ObjectMask): SessionMask {
  return { ...mask, id: object.id, name: object.name, present: mask.score > 0.5 };
}
