import { type FrameRange, RotoError, type Shot } from '@roto/sdk/contract';
import type { Companions } from '../engine/companions.ts';
import { type Clip, clipRange } from '../media/clip.ts';
import { openClip } from '../media/open-clip.ts';
import { type ObjectPlan, type PlanOptions, planObject, promptedFrames } from '../track/plan.ts';
import { checkFrame, resolvePrompts } from './resolve-prompts.ts';

export interface OpenObject {
  readonly id: number;
  readonly name: string;
  readonly plan: ObjectPlan;
  /** What the plan was made from, to make the same in another thread. */
  readonly planOptions: PlanOptions;
}

/** A shot whose clip is open and whose prompts are checked and planned. */
export interface OpenShot {
  readonly shot: Shot;
  readonly clip: Clip;
  readonly range: FrameRange;
  readonly objects: readonly OpenObject[];
}

export interface OpenShotOptions {
  /** Folder that relative paths of the shot start from. */
  readonly base: string;
  readonly cacheDir: string;
  /** How the engine's runs use other prompted frames; not at all unless said. */
  readonly companions?: Companions;
  readonly signal?: AbortSignal;
}

/** Opens the clip of a shot and checks everything the shot says of it, before any work. */
export async function openShot(shot: Shot, options: OpenShotOptions): Promise<OpenShot> {
  checkObjects(shot);
  const clip = await openClip(shot.source, options);
  try {
    const range = shotRange(shot, clip);
    const said: PlanOptions[] = [];
    for (const object of shot.objects) {
      said.push(await objectPrompts(shot, object, clip, range, options.base));
    }
    const { companions = 'none' } = options;
    const prompted = promptedFrames(said.flatMap(({ prompts }) => prompts));
    const objects = shot.objects.flatMap(({ id, name }, index): OpenObject[] => {
      const own = said[index];
      if (own === undefined) return [];
      const planOptions = companions === 'none' ? own : { ...own, companions, prompted };
      return [{ id, name, plan: planObject(planOptions), planOptions }];
    });
    return { shot, clip, range, objects };
  } catch (error) {
    await clip.close();
    throw error;
  }
}

async function objectPrompts(
  shot: Shot,
  object: Shot['objects'][number],
  clip: Clip,
  range: FrameRange,
  base: string,
): Promise<PlanOptions> {
  if (object.prompts.length === 0) {
    throw new RotoError(
      'prompt_missing',
      `Expected a point, a box or a mask for ${object.name} but none came.`,
      {
        param: 'prompts',
        hint: 'Say where the object is: a point on it, a box around it or a mask.',
      },
    );
  }
  const locked = await Promise.all(
    object.locked.map(async (lock) => ({
      first: lock.first,
      last: lock.last,
      prompts: await resolvePrompts(object, lock.prompts, clip.info, base),
    })),
  );
  const prompts = await resolvePrompts(object, object.prompts, clip.info, base);
  return { prompts, range, direction: shot.engine.direction, locked };
}

function checkObjects(shot: Shot): void {
  const ids = new Set(shot.objects.map((object) => object.id));
  const names = new Set(shot.objects.map((object) => object.name.toLowerCase()));
  if (ids.size === shot.objects.length && names.size === shot.objects.length) return;
  throw new RotoError(
    'invalid_shot',
    'Expected every object to have an id and a name of its own.',
    {
      param: 'objects',
    },
  );
}

function shotRange(shot: Shot, clip: Clip): FrameRange {
  const { range } = shot.source;
  if (range === undefined) return clipRange(clip);
  checkFrame(range.first, clip.info, 'the range to begin');
  checkFrame(range.last, clip.info, 'the range to end');
  return range;
}
