import type { Transferable } from 'node:worker_threads';
import type { Frame } from '../media/clip.ts';
import { CallingThread, threadScript } from '../thread/calling-thread.ts';
import { ownBuffer } from '../thread/own-buffer.ts';
import type { EngineConfig, EngineIdentity, ObjectMask, TrackerSetup } from './engine.ts';
import type { EngineCalls, EngineWork, TrackerCall } from './engine-calls.ts';

/**
 * An engine in a thread of its own, so that the event loop of the caller never waits for it. Jobs
 * that share it are served step by step, in the order they ask.
 */
export class EngineHost {
  readonly identity: EngineIdentity;
  readonly #thread: CallingThread;
  #nextTracker = 1;
  #closed: Promise<void> | undefined;

  private constructor(thread: CallingThread, identity: EngineIdentity) {
    this.#thread = thread;
    this.identity = identity;
  }

  /** @throws RotoError `model_missing`, `model_corrupt`, `device_unavailable`, `out_of_memory` */
  static async open(config: EngineConfig): Promise<EngineHost> {
    const thread = new CallingThread(
      threadScript('./engine-worker', import.meta.url),
      'roto engine',
    );
    try {
      return new EngineHost(thread, await ask(thread, 'open', config));
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** A number for a new tracker, to be used in the calls of {@link step} and {@link restore}. */
  newTracker(): number {
    const tracker = this.#nextTracker;
    this.#nextTracker += 1;
    return tracker;
  }

  /** Lets trackers work on one frame; the frame's pixels move to the thread and are gone here. */
  step(frame: Frame, calls: readonly TrackerCall[]): Promise<readonly ObjectMask[]> {
    return ask(this.#thread, 'step', { frame, calls }, ownBuffer(frame.rgb));
  }

  snapshot(tracker: number): Promise<Uint8Array> {
    return ask(this.#thread, 'snapshot', { tracker });
  }

  restore(tracker: number, state: Uint8Array, setup: TrackerSetup): Promise<undefined> {
    return ask(this.#thread, 'restore', { tracker, state, setup });
  }

  learn(tracker: number, state: Uint8Array): Promise<undefined> {
    return ask(this.#thread, 'learn', { tracker, state });
  }

  drop(tracker: number): Promise<undefined> {
    return ask(this.#thread, 'drop', { tracker });
  }

  /** What was done since the engine was loaded. */
  work(): Promise<EngineWork> {
    return ask(this.#thread, 'work', undefined);
  }

  /**
   * Frees the model. A step under way is finished first, so native code is never cut off. May be
   * called again, and after the thread failed: whoever asked it something was told of the failure.
   */
  close(): Promise<void> {
    this.#closed ??= ask(this.#thread, 'close', undefined)
      .catch(() => undefined)
      .then(() => this.#thread.close());
    return this.#closed;
  }
}

async function ask<Call extends keyof EngineCalls>(
  thread: CallingThread,
  call: Call,
  argument: EngineCalls[Call]['argument'],
  transfer: readonly Transferable[] = [],
): Promise<EngineCalls[Call]['answer']> {
  const answer = await thread.call(call, argument, { transfer });
  // biome-ignore lint/plugin: the engine's thread answers by the same table of calls
  return answer as EngineCalls[Call]['answer'];
}
