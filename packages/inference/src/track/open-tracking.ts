import { join } from 'node:path';
import type { EngineConfig, EngineIdentity, TrackerSetup } from '../engine/engine.ts';
import { EnginePool } from '../engine/engine-pool.ts';
import type { EngineUse } from '../engine/engine-use.ts';
import { type ClipInfo, clipRange } from '../media/clip.ts';
import { throwIfStopped } from '../stop.ts';
import { guardCache } from './cache-failure.ts';
import { holdStore } from './hold-store.ts';
import { storeName, TrackStore } from './store.ts';

/** A loaded engine and the part of the cache that holds its masks of one clip. */
export interface Tracking {
  readonly host: EngineUse;
  readonly store: TrackStore;
  /** Name of the store, a folder below `stores` in the cache. */
  readonly storeName: string;
  close(): Promise<void>;
}

export interface OpenTrackingOptions {
  readonly clip: ClipInfo;
  readonly engine: EngineConfig;
  readonly cacheDir: string;
  readonly missingFrames: 'error' | 'hold' | 'black';
  /** Only looks at what is there: makes no store, marks none and writes nothing. */
  readonly readOnly?: boolean;
  /** Engines loaded for several jobs; one for this job alone unless given. */
  readonly engines?: EnginePool;
  readonly signal?: AbortSignal;
}

/**
 * Loads the engine and marks the store as in use until it is closed. Any number of processes may
 * track into one store at a time. A signal is heeded as soon as the model is loaded: native code is
 * not cut off.
 * @throws RotoError `interrupted`, and what {@link EnginePool.use} throws
 */
export async function openTracking(options: OpenTrackingOptions): Promise<Tracking> {
  throwIfStopped(options.signal);
  const host = await engineUse(options);
  try {
    throwIfStopped(options.signal);
    const name = storeName(options.clip, host.identity, options.missingFrames);
    const store = new TrackStore(storeFolder(options.cacheDir, name));
    const release = options.readOnly
      ? async () => undefined
      : await makeStore(store, { clip: options.clip, engine: host.identity });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => {
      // The engine first: what it was asked last may still be written.
      closed ??= host
        .close()
        .then(() => store.close())
        .finally(release);
      return closed;
    };
    return { host, store, storeName: name, close };
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function engineUse({
  engine,
  clip,
  cacheDir,
  engines,
}: OpenTrackingOptions): Promise<EngineUse> {
  const { rules, ...model } = engine;
  const setup: TrackerSetup = {
    clip: clipRange({ info: clip }),
    ...(rules === undefined ? {} : { rules }),
  };
  // Alone, an engine is loaded for this job and unloaded with it.
  const pool = engines ?? new EnginePool({ keepIdle: false });
  return pool.use({ ...model, cacheDir }, setup);
}

/** @returns what takes the mark of use away */
async function makeStore(
  store: TrackStore,
  about: { clip: ClipInfo; engine: EngineIdentity },
): Promise<() => Promise<void>> {
  await store.prepare(about);
  return guardCache(store.folder, () => holdStore(store.folder));
}

export function storeFolder(cacheDir: string, name: string): string {
  return join(cacheDir, 'stores', name);
}
