import { RotoError } from '@roto/sdk/contract';

interface Numbered {
  readonly number: number;
}

/** The part of a clip that a shelf reads. */
export interface ShelfClip<Frame extends Numbered> {
  readonly info: { readonly firstFrame: number; readonly lastFrame: number };
  frames(options: {
    readonly range: { readonly first: number; readonly last: number };
    readonly signal: AbortSignal;
  }): AsyncIterable<Frame>;
  close(): Promise<void>;
}

/** Frames that are kept: enough to step to and fro, little enough for memory. */
const keptFrames = 32;
/** Frames read in one go, as who steps to one steps to the next; starting to decode is what takes long. */
const readAhead = 12;

/** One decoder at work, and who waits for which of its frames. */
interface Reading<Shown> {
  readonly last: number;
  /** The next frame it gives. */
  next: number;
  /** Nobody needs more of it than those that are waited for. */
  superseded: boolean;
  readonly awaited: Map<number, PromiseWithResolvers<Shown>>;
  readonly stop: AbortController;
}

/** Frames of a clip by number for somebody who steps and scrubs through it. */
export class FrameShelf<Frame extends Numbered, Shown> {
  readonly #clip: ShelfClip<Frame>;
  readonly #show: (frame: Frame) => Promise<Shown>;
  /** In the order they were asked for, the last one last. */
  readonly #kept = new Map<number, Shown>();
  readonly #readings = new Set<Reading<Shown>>();

  /** @param show makes of a frame what is kept */
  constructor(clip: ShelfClip<Frame>, show: (frame: Frame) => Promise<Shown>) {
    this.#clip = clip;
    this.#show = show;
  }

  /** @throws what the clip throws; `interrupted` when the signal aborts */
  async frame(number: number, signal?: AbortSignal): Promise<Shown> {
    const kept = this.#kept.get(number);
    if (kept !== undefined) {
      this.#keep(number, kept);
      return kept;
    }
    const under = [...this.#readings].find(({ next, last }) => next <= number && number <= last);
    const reading = under ?? this.#read(number);
    const arrival = reading.awaited.get(number) ?? Promise.withResolvers<Shown>();
    reading.awaited.set(number, arrival);
    return abortable(arrival.promise, signal);
  }

  async close(): Promise<void> {
    for (const { stop } of this.#readings) stop.abort(closed());
    await this.#clip.close();
  }

  /** Whoever steps backward comes from the frame after: then those before are read as well. */
  #read(number: number): Reading<Shown> {
    for (const reading of this.#readings) reading.superseded = true;
    const { firstFrame, lastFrame } = this.#clip.info;
    const backward = this.#kept.has(number + 1);
    const first = backward ? Math.max(firstFrame, number - readAhead + 1) : number;
    const last = backward ? number : Math.min(lastFrame, number + readAhead - 1);
    const reading: Reading<Shown> = {
      last: Math.max(last, number),
      next: first,
      superseded: false,
      awaited: new Map(),
      stop: new AbortController(),
    };
    this.#readings.add(reading);
    // Failures reach those who wait for a frame.
    void this.#run(reading, first);
    return reading;
  }

  async #run(reading: Reading<Shown>, first: number): Promise<void> {
    const { awaited, last, stop } = reading;
    let failure: unknown;
    try {
      for await (const frame of this.#clip.frames({
        range: { first, last },
        signal: stop.signal,
      })) {
        const shown = await this.#show(frame);
        this.#keep(frame.number, shown);
        reading.next = frame.number + 1;
        awaited.get(frame.number)?.resolve(shown);
        awaited.delete(frame.number);
        if (reading.superseded && awaited.size === 0) break;
      }
      failure = new RotoError('frame_out_of_range', `The clip has no frame after ${reading.next}.`);
    } catch (error) {
      failure = error;
    }
    this.#readings.delete(reading);
    for (const { reject } of awaited.values()) reject(failure);
  }

  #keep(number: number, shown: Shown): void {
    this.#kept.delete(number);
    this.#kept.set(number, shown);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptFrames && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function closed(): RotoError {
  return new RotoError('interrupted', 'The clip was closed.');
}

/** The same promise, given up when the signal aborts. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // Who gives up does not hear of a failure that comes later.
  promise.catch(() => undefined);
  if (signal === undefined) return promise;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new RotoError('interrupted', 'The work was stopped.'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
