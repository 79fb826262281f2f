import { parseShot, type Result, RotoError, type RunEvent, type Shot } from '@roto/sdk/contract';
import { resultLines } from '../commands/result-lines.ts';
import { toRotoError } from '../errors/to-roto-error.ts';
import { foldProgress, initialProgress } from '../io/progress-state.ts';
import type { ShotFile } from '../shot/save-shot.ts';
import { isKey, maskKey } from './mask-key.ts';
import type { PickAction } from './pick-action.ts';
import type { PickMask, PickSession } from './pick-session.ts';
import {
  type PickBounds,
  type PickState,
  promptAt,
  reducePick,
  startPicking,
} from './pick-state.ts';
import { failedView, type RunView, runningView } from './run-view.ts';

/** What a desk has on it, as those who look at it are told. */
export interface DeskView {
  /** Rises with every change. */
  readonly revision: number;
  readonly objects: PickState['objects'];
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Whether the shot document says what is picked. */
  readonly saved: boolean;
  /** Whether frames can be tracked to for their masks. */
  readonly canTrack: boolean;
  /** Whether a run went through what is picked, so that every frame has its masks. */
  readonly tracked: boolean;
  readonly run: RunView;
}

/** What a desk is set up with. */
export interface DeskOptions {
  readonly session: PickSession;
  /** Clip, settings, outputs, and the objects to begin with. */
  readonly shot: Shot;
  /** Folder that relative paths of the shot start from. */
  readonly base: string;
  readonly file: ShotFile;
  /** Whether the document holds these objects already. */
  readonly saved: boolean;
  /** Folder for the files of a run, absolute. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Stops everything. */
  readonly signal: AbortSignal;
}

/** Masks kept: those of a few objects on the frames lately looked at. */
const keptMasks = 64;

/** One shot that is being picked, whoever looks on: a terminal, a page, two of them. */
export class PickDesk {
  readonly #options: DeskOptions;
  readonly #bounds: PickBounds;
  readonly #listeners = new Set<(view: DeskView) => void>();
  readonly #masks = new Map<string, PickMask>();
  #state: PickState;
  #saved: PickState['objects'] | undefined;
  #tracked: PickState['objects'] | undefined;
  #run: RunView = { state: 'idle' };
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #result: Result | undefined;
  #revision = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#state = startPicking(options.shot.objects);
    this.#saved = options.saved ? options.shot.objects : undefined;
    const { width, height } = options.session.clip;
    this.#bounds = { width, height, range: this.range };
  }

  get session(): PickSession {
    return this.#options.session;
  }

  /** Frames that can be picked on. */
  get range(): PickBounds['range'] {
    const { shot, session } = this.#options;
    const { firstFrame, lastFrame } = session.clip;
    return shot.source.range ?? { first: firstFrame, last: lastFrame };
  }

  /** The frame to begin with: the first one where something is said, else the first one. */
  get firstFrame(): number {
    const { objects } = this.#options.shot;
    const said = objects.flatMap(({ prompts }) => prompts.map(({ frame }) => frame));
    return said.length > 0 ? Math.min(...said) : this.range.first;
  }

  get view(): DeskView {
    const { objects, past, future } = this.#state;
    return {
      revision: this.#revision,
      objects,
      canUndo: past.length > 0,
      canRedo: future.length > 0,
      saved: objects === this.#saved,
      canTrack: this.session.canTrack,
      tracked: this.session.canTrack && objects === this.#tracked,
      run: this.#run,
    };
  }

  /** Whether the shot document was written, or held all there is from the start. */
  get hasSaved(): boolean {
    return this.#saved !== undefined;
  }

  /** Of the last run that ended well. */
  get result(): Result | undefined {
    return this.#result;
  }

  /** Tells of every change until the function it gives is called. */
  subscribe(listener: (view: DeskView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws what {@link reducePick} throws */
  act(action: PickAction): void {
    const state = reducePick(this.#state, action, this.#bounds);
    if (state === this.#state) return;
    this.#state = state;
    this.#tell();
  }

  /**
   * The mask of an object on a frame; what leads there is tracked where it was not.
   * @throws what looking throws; `interrupted` when the signal aborts
   */
  async mask(object: number, frame: number, signal?: AbortSignal): Promise<PickMask | undefined> {
    const { objects } = this.#state;
    const key = maskKey(objects, object, frame);
    const said = promptAt(objects, object, frame);
    const isLookedAt = this.session.canTrack || (said !== undefined && isKey(said));
    if (key === undefined || !isLookedAt) return undefined;
    const place = `${frame} ${key}`;
    const kept = this.#masks.get(place);
    if (kept !== undefined) return kept;
    const mask = await this.session.look({ objects, object, frame }, signal);
    if (mask === undefined) return undefined;
    this.#masks.set(place, mask);
    const [oldest] = this.#masks.keys();
    if (this.#masks.size > keptMasks && oldest !== undefined) this.#masks.delete(oldest);
    return mask;
  }

  /**
   * Writes the shot document.
   * @throws RotoError `prompt_missing` where nothing is picked; what writing throws
   */
  async save(): Promise<void> {
    const { file, base, session } = this.#options;
    const { objects } = this.#state;
    await file.write(this.#shot(), base, session.engine);
    this.#saved = objects;
    this.#tell();
  }

  /**
   * Starts to track and write what is picked; {@link view} tells how it goes.
   * @throws RotoError `conflict` while a run is under way, `prompt_missing`
   */
  startRun({ overwrite = this.#options.overwrite }: { overwrite?: boolean } = {}): void {
    if (this.#running !== undefined) {
      throw new RotoError('conflict', 'A run is under way already.', {
        hint: 'Wait until it has ended, or stop it.',
      });
    }
    const shot = this.#shot();
    const stop = new AbortController();
    this.#running = { stop, ended: this.#runToEnd(shot, overwrite, stop.signal) };
  }

  /** Stops the run under way, within a frame. */
  stopRun(): void {
    this.#running?.stop.abort(new RotoError('interrupted', 'The run was stopped.'));
  }

  /** Stops what is under way, and waits for its end. */
  async close(): Promise<void> {
    this.stopRun();
    await this.#running?.ended;
    await this.session.close();
  }

  async #runToEnd(shot: Shot, overwrite: boolean, stopped: AbortSignal): Promise<void> {
    const { session, out } = this.#options;
    const { objects } = this.#state;
    const signal = AbortSignal.any([stopped, this.#options.signal]);
    let progress = initialProgress;
    const onEvent = (event: RunEvent) => {
      progress = foldProgress(progress, event);
      this.#setRun(runningView(progress));
    };
    this.#setRun(runningView(progress));
    try {
      const result = await session.run(shot, { out, overwrite, signal, onEvent });
      this.#result = result;
      this.#tracked = objects;
      this.#running = undefined;
      this.#setRun({ state: 'done', lines: resultLines(result) });
    } catch (thrown) {
      this.#running = undefined;
      this.#setRun(signal.aborted ? { state: 'stopped' } : failedView(toRotoError(thrown, signal)));
    }
  }

  #shot(): Shot {
    const { shot } = this.#options;
    const objects = this.#state.objects.filter(
      ({ prompts, locked }) => prompts.length + locked.length > 0,
    );
    if (objects.length > 0) return parseShot({ ...shot, objects });
    throw new RotoError('prompt_missing', 'Nothing is picked yet.', {
      hint: 'Click on the object first.',
    });
  }

  #setRun(run: RunView): void {
    this.#run = run;
    this.#tell();
  }

  #tell(): void {
    this.#revision += 1;
    const { view } = this;
    for (const listener of this.#listeners) listener(view);
  }
}
