import type { RotoError } from '@roto/sdk/contract';
import { toRotoError } from '../../errors/to-roto-error.ts';
import { isKey, maskKey } from '../mask-key.ts';
import type { PickDesk } from '../pick-desk.ts';
import type { PickMask } from '../pick-session.ts';
import { promptAt } from '../pick-state.ts';

/** Masks kept, the last ones used. */
const keptMasks = 32;

/** The masks that a terminal shows: fetches what is wanted, and stops what is not any more. */
export class TerminalMasks {
  readonly #desk: PickDesk;
  readonly #onNews: (failure?: RotoError) => void;
  readonly #masks = new Map<string, PickMask | undefined>();
  /** Asked for although nothing is said on the frame. */
  readonly #asked = new Set<string>();
  readonly #fetching = new Map<
    number,
    { readonly place: string; readonly stop: AbortController }
  >();

  /** @param onNews called when a mask has come, or could not be made */
  constructor(desk: PickDesk, onNews: (failure?: RotoError) => void) {
    this.#desk = desk;
    this.#onNews = onNews;
  }

  /** Whether a mask is on its way. */
  get busy(): boolean {
    return this.#fetching.size > 0;
  }

  /** The mask of an object on a frame, as far as it is here. */
  of(object: number, frame: number): PickMask | undefined {
    const place = this.#wanted(object, frame);
    return place === undefined ? undefined : this.#masks.get(place);
  }

  /** Whether a mask is seen of an object on a frame where nothing is said of it. */
  isTracked(object: number, frame: number): boolean {
    return !this.#isSaid(object, frame) && this.of(object, frame) !== undefined;
  }

  /** Has everything tracked to a frame. */
  ask(frame: number): void {
    const { objects } = this.#desk.view;
    for (const { id } of objects) {
      const key = maskKey(objects, id, frame);
      if (key !== undefined) this.#asked.add(`${frame} ${key}`);
    }
  }

  /** Fetches the masks of a frame that are not here. */
  want(frame: number): void {
    const ids = new Set(this.#desk.view.objects.map(({ id }) => id));
    for (const id of [...ids, ...this.#fetching.keys()]) {
      const place = ids.has(id) ? this.#wanted(id, frame) : undefined;
      const under = this.#fetching.get(id);
      if (under?.place === place && under !== undefined) continue;
      under?.stop.abort();
      this.#fetching.delete(id);
      if (place !== undefined && !this.#masks.has(place)) void this.#fetch(id, frame, place);
    }
  }

  /** Stops everything under way. */
  close(): void {
    for (const { stop } of this.#fetching.values()) stop.abort();
    this.#fetching.clear();
  }

  async #fetch(object: number, frame: number, place: string): Promise<void> {
    const stop = new AbortController();
    this.#fetching.set(object, { place, stop });
    let failure: RotoError | undefined;
    try {
      this.#keep(place, await this.#desk.mask(object, frame, stop.signal));
    } catch (thrown) {
      // What could not be made is not tried again until something is said anew.
      failure = toRotoError(thrown, stop.signal);
      if (!stop.signal.aborted) this.#keep(place, undefined);
    }
    if (stop.signal.aborted) return;
    this.#fetching.delete(object);
    this.#onNews(failure);
  }

  #keep(place: string, mask: PickMask | undefined): void {
    this.#masks.set(place, mask);
    const [oldest] = this.#masks.keys();
    if (this.#masks.size > keptMasks && oldest !== undefined) this.#masks.delete(oldest);
  }

  /** Where a mask is to be seen: where something is said, all is tracked, or it was asked for. */
  #wanted(object: number, frame: number): string | undefined {
    const { objects, tracked, canTrack } = this.#desk.view;
    const key = maskKey(objects, object, frame);
    const said = promptAt(objects, object, frame);
    const isLookedAt = canTrack || (said !== undefined && isKey(said));
    if (key === undefined || !isLookedAt) return undefined;
    const place = `${frame} ${key}`;
    return tracked || this.#isSaid(object, frame) || this.#asked.has(place) ? place : undefined;
  }

  #isSaid(object: number, frame: number): boolean {
    const { objects } = this.#desk.view;
    const prompts = objects.find(({ id }) => id === object)?.prompts ?? [];
    return prompts.some((prompt) => prompt.frame === frame);
  }
}
