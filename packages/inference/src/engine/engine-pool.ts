import type { EngineConfig, TrackerSetup } from './engine.ts';
import { EngineHost } from './engine-host.ts';
import { engineBytes, isOutOfMemory, modelMemoryLimit, withWhatFits } from './engine-memory.ts';
import { EngineUse } from './engine-use.ts';

export interface EnginePoolOptions {
  /**
   * Bytes that loaded engines may take together; one in use is never dropped for them. Unless said,
   * what `ROTO_MODEL_MEMORY` says, else half of the memory there is.
   */
  readonly memoryBytes?: number;
  /** Whether an engine stays loaded for the next job when nobody uses it; so unless said. */
  readonly keepIdle?: boolean;
  /** Loads an engine; in a thread of its own unless said. */
  readonly open?: (config: EngineConfig) => Promise<EngineHost>;
}

interface PooledEngine {
  readonly config: EngineConfig;
  readonly host: Promise<EngineHost>;
  readonly bytes: number;
  users: number;
  /** Counts uses, so that the one used longest ago can be told. */
  usedAt: number;
}

/**
 * Loaded engines, shared by jobs: one for each model, device, input size and whatever else decides
 * what is loaded. The rules of trackers do not. Safe to use from many jobs at a time.
 */
export class EnginePool {
  readonly #limit: number;
  readonly #keepIdle: boolean;
  readonly #open: (config: EngineConfig) => Promise<EngineHost>;
  readonly #engines = new Map<string, PooledEngine>();
  #uses = 0;

  constructor(options: EnginePoolOptions = {}) {
    this.#limit = options.memoryBytes ?? modelMemoryLimit();
    this.#keepIdle = options.keepIdle ?? true;
    this.#open = options.open ?? EngineHost.open;
  }

  /**
   * An engine for one job, loaded where it is not. Close the use when the job is done.
   * @throws RotoError `model_missing`, `model_corrupt`, `device_unavailable`, and `out_of_memory`
   * with what would fit, after everything idle was dropped and it was tried once more
   */
  async use(config: EngineConfig, setup: TrackerSetup): Promise<EngineUse> {
    const { rules: _rules, ...loaded } = config;
    const engine = await this.#take(loaded);
    try {
      return await EngineUse.begin(await engine.host, setup, {
        release: () => this.#release(engine),
        hasIdle: () => [...this.#engines.values()].some(({ users }) => users === 0),
        dropIdle: () => this.#dropIdle(0),
        explain: (error) => withWhatFits(error, loaded),
      });
    } catch (error) {
      await this.#release(engine);
      throw error;
    }
  }

  /** Unloads every engine that nobody uses. */
  async close(): Promise<void> {
    await this.#dropIdle(0);
  }

  async #take(config: EngineConfig): Promise<PooledEngine> {
    const key = JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
    const bytes = await engineBytes(config);
    const known = this.#engines.get(key);
    if (known !== undefined) {
      known.users += 1;
      known.usedAt = this.#uses += 1;
      return known;
    }
    this.#uses += 1;
    const host = this.#load(config, bytes);
    const engine: PooledEngine = { config, host, bytes, users: 1, usedAt: this.#uses };
    this.#engines.set(key, engine);
    // One that could not be loaded is not kept: the next job tries again.
    host.catch(() => this.#engines.delete(key));
    return engine;
  }

  async #load(config: EngineConfig, bytes: number): Promise<EngineHost> {
    await this.#dropIdle(Math.max(0, this.#limit - bytes));
    try {
      return await this.#open(config);
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
    }
    await this.#dropIdle(0);
    try {
      return await this.#open(config);
    } catch (error) {
      throw isOutOfMemory(error) ? await withWhatFits(error, config) : error;
    }
  }

  async #release(engine: PooledEngine): Promise<void> {
    engine.users -= 1;
    await this.#dropIdle(this.#keepIdle ? this.#limit : 0);
  }

  /** Unloads what is idle, the longest unused first, until the rest takes no more than `bytes`. */
  async #dropIdle(bytes: number): Promise<void> {
    const idle = [...this.#engines]
      .filter(([, engine]) => engine.users === 0)
      .sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key, engine] of idle) {
      const taken = [...this.#engines.values()].reduce((sum, each) => sum + each.bytes, 0);
      if (taken <= bytes) return;
      // It may have been taken while another one was unloaded.
      if (engine.users > 0) continue;
      this.#engines.delete(key);
      await (await engine.host.catch(() => undefined))?.close();
    }
  }
}
