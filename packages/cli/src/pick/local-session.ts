import { resolve } from 'node:path';
import type { FramePrompt, Shot } from '@roto/sdk/contract';
import { loadLocalEngine } from '../backend/local.ts';
import { mapShotPaths } from '../shot/shot-paths.ts';
import { isKey } from './mask-key.ts';
import type { PickClip, PickLook, PickSession } from './pick-session.ts';
import { promptAt } from './pick-state.ts';
import { openScreenClip } from './screen-clip.ts';
import { screenMask } from './screen-mask.ts';
import { type SessionMask, SessionPrompts } from './session-prompts.ts';

/** Where a shot is picked on this machine. */
export interface LocalPickOptions {
  /** Folder that relative paths of the shot start from. */
  readonly base: string;
  /** Folder of the track cache; the usual one unless said. */
  readonly cache?: string;
  readonly signal: AbortSignal;
}

/**
 * Opens the clip of a shot and an engine on this machine. Runs share the loaded engine.
 * @throws RotoError what opening the clip and the engine throws
 */
export async function openLocalSession(
  shot: Shot,
  { base, signal, ...cache }: LocalPickOptions,
): Promise<PickSession> {
  const inference = await loadLocalEngine();
  const placed = mapShotPaths(shot, (path) => resolve(base, path));
  const engines = new inference.EnginePool();
  const { source, engine } = placed;
  const session = await inference.openSession({ source, engine, engines, signal, ...cache });
  const closeEngine = async () => {
    await session.close();
    await engines.close();
  };
  const screen = await openScreenClip(inference, source, signal).catch(async (error: unknown) => {
    await closeEngine();
    throw error;
  });
  const prompts = new SessionPrompts(session, (path) =>
    inference.readMaskPicture(resolve(base, path)),
  );
  const { matte } = shot;
  const { direction } = engine;

  const look = async (asked: PickLook, stop: AbortSignal | undefined) => {
    const mask = await trackedMask(asked, stop);
    if (mask === undefined) return undefined;
    const plate = await screen.frame(asked.frame, stop);
    return screenMask(inference.renderMatte, { mask, plate, clip: session.clip, matte });
  };
  const trackedMask = async ({ objects, object, frame }: PickLook, stop?: AbortSignal) => {
    const said: FramePrompt | undefined = promptAt(objects, object, frame);
    if (said !== undefined && isKey(said)) return prompts.say(object, said, stop);
    await prompts.sayAll(objects, stop);
    if (said !== undefined) return prompts.say(object, said, stop);
    const range = { first: frame, last: frame };
    const masks: SessionMask[] = [];
    for await (const tracked of session.propagate({ range, direction, ...signalOf(stop) })) {
      masks.push(...tracked.objects);
    }
    return masks.find(({ id }) => id === object);
  };

  return {
    ...screen,
    clip: shownClip(session.clip),
    engine: session.engine,
    place: `${session.engine.engine} engine (${session.engine.model.id}) on ${session.engine.device}`,
    canTrack: true,
    warnings: session.warnings,
    look: (asked, stop) => prompts.inTurn(() => look(asked, stop), stop),
    run: (whole, options) => inference.runShot(whole, { base, engines, ...cache, ...options }),
    async close() {
      await screen.close();
      await closeEngine();
    },
  };
}

type EngineClip = Awaited<ReturnType<typeof import('@roto/inference').openSession>>['clip'];

function shownClip(clip: EngineClip): PickClip {
  const { path, width, height, rate, firstFrame, lastFrame, pixelAspect } = clip;
  const aspect = pixelAspect.num / pixelAspect.den;
  return { path, width, height, rate, firstFrame, lastFrame, pixelAspect: aspect };
}

function signalOf(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
