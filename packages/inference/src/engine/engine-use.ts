import type { RotoError } from '@roto/sdk/contract';
import type { Frame } from '../media/clip.ts';
import type {
  Direction,
  EngineIdentity,
  EnginePrompt,
  ObjectMask,
  TrackerSetup,
} from './engine.ts';
import type { EngineWork } from './engine-calls.ts';
import type { EngineHost } from './engine-host.ts';
import { isOutOfMemory } from './engine-memory.ts';

/** What one tracker of a job does on one frame. */
export type UseCall =
  | { readonly kind: 'seed'; readonly tracker: number; readonly prompt: EnginePrompt }
  | { readonly kind: 'track'; readonly tracker: number; readonly direction: Direction }
  | { readonly kind: 'correct'; readonly tracker: number; readonly prompt: EnginePrompt };

/** What a use asks of whoever lends the engine. */
export interface EngineLender {
  /** Called once the job is done and its trackers are gone. */
  release(): Promise<void>;
  /** Whether other engines are loaded that nobody uses. */
  hasIdle(): boolean;
  dropIdle(): Promise<void>;
  /** Says more of why memory was short. */
  explain(error: RotoError): Promise<RotoError>;
}

/** One job's use of an engine that others may use too: its own trackers, and what it cost. */
export class EngineUse {
  /** Engine, model, device, and all settings that decide masks, the job's rules included. */
  readonly identity: EngineIdentity;
  readonly #host: EngineHost;
  readonly #setup: TrackerSetup;
  readonly #before: EngineWork;
  readonly #lender: EngineLender;
  readonly #trackers = new Set<number>();
  #closed: Promise<void> | undefined;

  private constructor(
    host: EngineHost,
    setup: TrackerSetup,
    before: EngineWork,
    lender: EngineLender,
  ) {
    this.identity = identityWith(host.identity, setup);
    this.#host = host;
    this.#setup = setup;
    this.#before = before;
    this.#lender = lender;
  }

  static async begin(
    host: EngineHost,
    setup: TrackerSetup,
    lender: EngineLender,
  ): Promise<EngineUse> {
    return new EngineUse(host, setup, await host.work(), lender);
  }

  /** A number for a new tracker, to be used in the calls of {@link step} and {@link restore}. */
  newTracker(): number {
    const tracker = this.#host.newTracker();
    this.#trackers.add(tracker);
    return tracker;
  }

  /**
   * Lets trackers work on one frame; the frame's pixels move to the engine and are gone here. Where
   * memory is short, engines that nobody uses are dropped and it is tried once more.
   * @throws RotoError `out_of_memory` with what would fit, `engine_failed`
   */
  async step(frame: Frame, calls: readonly UseCall[]): Promise<readonly ObjectMask[]> {
    const setup = this.#setup;
    const sent = calls.map((call) => (call.kind === 'seed' ? { ...call, setup } : call));
    const again = this.#lender.hasIdle() ? { ...frame, rgb: frame.rgb.slice() } : undefined;
    try {
      try {
        return await this.#host.step(frame, sent);
      } catch (error) {
        if (again === undefined || !isOutOfMemory(error)) throw error;
        await this.#lender.dropIdle();
        return await this.#host.step(again, sent);
      }
    } catch (error) {
      throw isOutOfMemory(error) ? await this.#lender.explain(error) : error;
    }
  }

  snapshot(tracker: number): Promise<Uint8Array> {
    return this.#host.snapshot(tracker);
  }

  restore(tracker: number, state: Uint8Array): Promise<undefined> {
    return this.#host.restore(tracker, state, this.#setup);
  }

  /** Lets a tracker take the prompted frame into memory that `state` was made right after. */
  learn(tracker: number, state: Uint8Array): Promise<undefined> {
    return this.#host.learn(tracker, state);
  }

  drop(tracker: number): Promise<undefined> {
    this.#trackers.delete(tracker);
    return this.#host.drop(tracker);
  }

  /** What the engine did since this use began, for all its users. */
  async work(): Promise<EngineWork> {
    const now = await this.#host.work();
    return {
      seconds: difference(now.seconds, this.#before.seconds),
      counts: difference(now.counts, this.#before.counts),
    };
  }

  /** Gives the engine back; may be called again, and after the engine failed. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // Whoever asked a failed engine something was told of the failure.
    for (const tracker of this.#trackers) await this.#host.drop(tracker).catch(() => undefined);
    await this.#lender.release();
  }
}

function identityWith(identity: EngineIdentity, { rules }: TrackerSetup): EngineIdentity {
  if (rules === undefined) return identity;
  return { ...identity, settings: { ...identity.settings, ...rules } };
}

function difference(
  now: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now).map(([stage, value]) => [stage, value - (before[stage] ?? 0)]),
  );
}
