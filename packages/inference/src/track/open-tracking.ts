import { join } from 'node:path';
import type { EngineConfig, EngineIdentity } from '../engine/engine.ts';
import { EngineHost } from '../engine/engine-host.ts';
import type { ClipInfo } from '../media/clip.ts';
import { guardCache } from './cache-failure.ts';
import { storeName, TrackStore } from './store.ts';
import { lockStore } from './store-lock.ts';

/** A loaded engine and the part of the cache that holds its masks of one clip. */
export interface Tracking {
  readonly host: EngineHost;
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
  /** Only looks at what is there: takes no hold of the store and writes nothing. */
  readonly readOnly?: boolean;
}

/**
 * Loads the engine and takes hold of the store, which no other process may then track into; with
 * `readOnly` it only loads the engine.
 * @throws RotoError `cache_locked`, and what {@link EngineHost.open} throws
 */
export async function openTracking(options: OpenTrackingOptions): Promise<Tracking> {
  const host = await EngineHost.open(options.engine);
  try {
    const name = storeName(options.clip, host.identity, options.missingFrames);
    const store = new TrackStore(storeFolder(options.cacheDir, name));
    const release = options.readOnly
      ? async () => undefined
      : await holdStore(store, { clip: options.clip, engine: host.identity });
    const close = async (): Promise<void> => {
      await store.close();
      await release();
      await host.close();
    };
    return { host, store, storeName: name, close };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** @returns the release */
async function holdStore(
  store: TrackStore,
  about: { clip: ClipInfo; engine: EngineIdentity },
): Promise<() => Promise<void>> {
  const release = await guardCache(store.folder, () => lockStore(store.folder));
  try {
    await store.prepare(about);
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

export function storeFolder(cacheDir: string, name: string): string {
  return join(cacheDir, 'stores', name);
}
