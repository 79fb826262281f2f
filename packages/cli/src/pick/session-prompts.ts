import { type FramePrompt, RotoError } from '@roto/sdk/contract';
import { isKey } from './mask-key.ts';
import type { PickedObjects } from './pick-state.ts';

type EngineSession = Awaited<ReturnType<typeof import('@roto/inference').openSession>>;
/** What a session answers. */
export type SessionMask = Awaited<ReturnType<EngineSession['addPrompt']>>;
type ReadMask = typeof import('@roto/inference').readMaskPicture;

/**
 * Keeps what an engine session was told in step with what is picked. A session only takes more; what
 * changed is said anew.
 */
export class SessionPrompts {
  readonly #session: Pick<EngineSession, 'addPrompt' | 'clearPrompts' | 'removeObject'>;
  readonly #readMask: ReadMask;
  /** What the session was told, by object and frame. */
  readonly #told = new Map<number, Map<number, string>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(session: EngineSession, readMask: ReadMask) {
    this.#session = session;
    this.#readMask = readMask;
  }

  /**
   * Does some work once all before it is done: between two calls a session knows only a part of what
   * is picked. Work whose signal aborts before its turn is not done.
   * @throws RotoError `interrupted`, and what the work throws
   */
  inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const turn = this.#turn
      .catch(() => undefined)
      .then(() => {
        if (signal?.aborted) throw new RotoError('interrupted', 'The work was stopped.');
        return work();
      });
    this.#turn = turn;
    return turn;
  }

  /** Says everything of an object on a frame, and gives its mask there. */
  async say(object: number, prompt: FramePrompt, signal?: AbortSignal): Promise<SessionMask> {
    const { frame, points, box, mask, correction = false } = prompt;
    const picture = mask === undefined ? undefined : await this.#readMask(mask);
    this.#session.clearPrompts(object, frame);
    this.#of(object).delete(frame);
    const said = await this.#session.addPrompt(
      {
        object: { id: object },
        frame,
        points,
        correction,
        ...(box === undefined ? {} : { box }),
        ...(picture === undefined ? {} : { mask: picture }),
      },
      signal,
    );
    this.#of(object).set(frame, JSON.stringify(prompt));
    return said;
  }

  /** Says what the session was not told yet, key frames first: corrections lean on them. */
  async sayAll(objects: PickedObjects, signal?: AbortSignal): Promise<void> {
    this.#forget(objects);
    const news = objects.flatMap(({ id, prompts }) =>
      prompts
        .filter((prompt) => this.#of(id).get(prompt.frame) !== JSON.stringify(prompt))
        .map((prompt) => ({ id, prompt })),
    );
    for (const { id, prompt } of news.filter((each) => isKey(each.prompt))) {
      await this.say(id, prompt, signal);
    }
    for (const { id, prompt } of news.filter((each) => !isKey(each.prompt))) {
      const started = objects.find((object) => object.id === id)?.prompts.some(isKey);
      if (started) await this.say(id, prompt, signal);
    }
  }

  /** What is not picked any more, and what was corrected of a key that changed. */
  #forget(objects: PickedObjects): void {
    for (const [id, frames] of this.#told) {
      const object = objects.find((each) => each.id === id);
      if (object === undefined) {
        this.#session.removeObject(id);
        this.#told.delete(id);
        continue;
      }
      for (const frame of frames.keys()) {
        if (object.prompts.some((prompt) => prompt.frame === frame)) continue;
        this.#session.clearPrompts(id, frame);
        frames.delete(frame);
      }
    }
  }

  #of(object: number): Map<number, string> {
    const told = this.#told.get(object) ?? new Map<number, string>();
    this.#told.set(object, told);
    return told;
  }
}
