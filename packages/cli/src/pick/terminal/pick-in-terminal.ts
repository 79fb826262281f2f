import { RotoError } from '@roto/sdk/contract';
import { toRotoError } from '../../errors/to-roto-error.ts';
import type { Io, TerminalInput } from '../../io/io.ts';
import { printable } from '../../io/printable.ts';
import type { Picture } from '../../picture/picture.ts';
import type { DeskView, PickDesk } from '../pick-desk.ts';
import type { Size, View } from '../view-geometry.ts';
import {
  atOnce,
  cellPixels,
  clearScreen,
  enterScreen,
  leaveScreen,
  type PickGraphics,
  pictureOnScreen,
  signsOnScreen,
  statusOnScreen,
  statusRows,
} from './draw-screen.ts';
import { type PaintedPrompt, paintMarks } from './paint-marks.ts';
import { paintView } from './paint-view.ts';
import { helpLines, statusLines } from './status-lines.ts';
import { endInput, parseInput, type TerminalEvent } from './terminal-input.ts';
import { TerminalMasks } from './terminal-masks.ts';
import {
  chosenObject,
  reduceTerminal,
  resizeTerminal,
  startTerminal,
  type TerminalEffect,
  type TerminalPlace,
  type TerminalState,
} from './terminal-state.ts';

/** How long the rest of a key's sequence may take after an escape character. */
const escapeMs = 40;

/** The terminal that is picked in. */
export interface PickTerminal {
  readonly io: Io;
  readonly input: TerminalInput;
  readonly graphics: PickGraphics;
}

/**
 * Lets somebody pick in the terminal until they quit; it is as it was afterwards.
 * @throws RotoError `interrupted` by Ctrl-C; the signal's own reason when it aborts
 */
export async function pickInTerminal(desk: PickDesk, terminal: PickTerminal): Promise<void> {
  const { io, input } = terminal;
  const screen = new PickScreen(desk, terminal);
  const resized = () => screen.resize();
  const stopped = () => screen.end(io.signal.reason);
  io.stdout.write(enterScreen);
  const leave = input.listen((text) => screen.hear(text), leaveScreen);
  io.stdout.on('resize', resized);
  io.signal.addEventListener('abort', stopped, { once: true });
  const unsubscribe = desk.subscribe(() => screen.draw());
  try {
    if (io.signal.aborted) stopped();
    screen.draw();
    await screen.ended;
  } finally {
    unsubscribe();
    io.signal.removeEventListener('abort', stopped);
    io.stdout.off('resize', resized);
    screen.close();
    leave();
  }
}

/** What is on the screen, and what becomes of what is typed. */
class PickScreen {
  readonly ended: Promise<void>;
  readonly #desk: PickDesk;
  readonly #terminal: PickTerminal;
  readonly #masks: TerminalMasks;
  readonly #end: { resolve: () => void; reject: (reason: unknown) => void };
  #state: TerminalState;
  #message = '';
  #rest = '';
  #escape: NodeJS.Timeout | undefined;
  /** The frame that is here, and the one that is on its way. */
  #picture: { readonly frame: number; readonly picture: Picture } | undefined;
  #loading: number | undefined;
  /** What the picture on the screen was painted from. */
  #painted: readonly unknown[] = [];
  #drawing: Promise<void> | undefined;
  /** Changes that were not drawn. */
  #changes = 0;
  readonly #closing = new AbortController();

  constructor(desk: PickDesk, terminal: PickTerminal) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = { resolve, reject };
    this.#desk = desk;
    this.#terminal = terminal;
    this.#masks = new TerminalMasks(desk, (failure) => {
      if (failure !== undefined) this.#say(failure);
      this.draw();
    });
    const first = desk.view.objects[0]?.id ?? 1;
    this.#state = startTerminal(desk.firstFrame, first, this.#area(), desk.session.clip);
  }

  /** Ends picking, with a failure where there is a reason for one. */
  end(reason?: unknown): void {
    if (reason === undefined) this.#end.resolve();
    else this.#end.reject(reason);
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#escape);
    this.#masks.close();
  }

  resize(): void {
    this.#state = resizeTerminal(this.#state, this.#area(), this.#desk.session.clip);
    this.#painted = [];
    this.#terminal.io.stdout.write(clearScreen);
    this.draw();
  }

  hear(text: string): void {
    clearTimeout(this.#escape);
    const { events, rest } = parseInput(this.#rest + text);
    this.#rest = rest;
    this.#take(events);
    if (rest === '') return;
    this.#escape = setTimeout(() => {
      this.#rest = '';
      this.#take(endInput(rest));
    }, escapeMs);
  }

  /** Draws what has changed, once for everything that changes meanwhile. */
  draw(): void {
    this.#changes += 1;
    this.#drawing ??= this.#drawAll().finally(() => {
      this.#drawing = undefined;
    });
    this.#drawing.catch((thrown: unknown) => this.end(thrown));
  }

  #take(events: readonly TerminalEvent[]): void {
    if (events.length === 0) return;
    this.#message = '';
    for (const event of events) {
      const hadHelp = this.#state.help;
      const { state, effects } = reduceTerminal(this.#state, event, this.#place());
      this.#state = state;
      if (hadHelp) this.#painted = [];
      for (const effect of effects) this.#do(effect);
    }
    this.draw();
  }

  #do(effect: TerminalEffect): void {
    try {
      this.#doNow(effect);
    } catch (thrown) {
      this.#say(toRotoError(thrown, this.#terminal.io.signal));
    }
  }

  #doNow(effect: TerminalEffect): void {
    const desk = this.#desk;
    switch (effect.do) {
      case 'act':
        desk.act(effect.action);
        break;
      case 'save':
        void this.#save();
        break;
      case 'run':
        // What this session wrote may be written again.
        desk.startRun(desk.view.run.state === 'done' ? { overwrite: true } : {});
        break;
      case 'stop':
        desk.stopRun();
        break;
      case 'look':
        this.#masks.ask(this.#state.frame);
        break;
      case 'quit':
        this.end();
        break;
      case 'interrupt':
        this.end(new RotoError('interrupted', 'Stopped by Ctrl-C; what was tracked is kept.'));
        break;
    }
  }

  async #save(): Promise<void> {
    try {
      await this.#desk.save();
      this.#message = 'Saved; roto mask --shot runs it.';
    } catch (thrown) {
      this.#say(toRotoError(thrown, this.#terminal.io.signal));
    }
    this.draw();
  }

  #say({ message, hint }: RotoError): void {
    this.#message = printable(hint === undefined ? message : `${message} ${hint}`);
  }

  #area(): Size {
    const { columns = 80, rows = 24 } = this.#terminal.io.stdout;
    return { width: Math.max(4, columns), height: Math.max(2, rows - statusRows) };
  }

  #place(): TerminalPlace {
    const { view, range, session } = this.#desk;
    const { objects, saved, canUndo, run } = view;
    const chosen = chosenObject(this.#state, objects);
    return {
      clip: session.clip,
      range,
      objects,
      trackedHere: chosen !== undefined && this.#masks.isTracked(chosen.id, this.#state.frame),
      unsaved: !saved && canUndo && run.state !== 'done',
      running: run.state === 'running',
    };
  }

  async #drawAll(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#changes > 0 && !signal.aborted) {
      this.#changes = 0;
      this.#load();
      this.#masks.want(this.#state.frame);
      const text = await this.#screen();
      if (!signal.aborted) this.#terminal.io.stdout.write(atOnce(text));
    }
  }

  /** Has the frame read that is to be seen; the newest wish counts. */
  #load(): void {
    const { frame } = this.#state;
    if (this.#picture?.frame === frame || this.#loading === frame) return;
    this.#loading = frame;
    this.#desk.session.picture(frame, this.#terminal.io.signal).then(
      (picture) => {
        if (this.#loading !== frame) return;
        this.#loading = undefined;
        this.#picture = { frame, picture };
        this.draw();
      },
      (thrown: unknown) => {
        if (this.#loading !== frame) return;
        this.#say(toRotoError(thrown, this.#terminal.io.signal));
        this.draw();
      },
    );
  }

  async #screen(): Promise<string> {
    const state = this.#state;
    const { view } = this.#desk;
    const status = statusOnScreen(this.#status(state, view), state);
    if (state.help) return helpScreen() + status;
    const here = this.#picture;
    if (here === undefined) return status;
    const prompts = this.#prompts(here.frame, view);
    const masks = state.masks ? this.#layers(here.frame, view) : [];
    const from = [here.picture, state.view, view.revision, ...masks.map(({ alpha }) => alpha)];
    const isSame =
      from.length === this.#painted.length && from.every((each, i) => each === this.#painted[i]);
    if (isSame) return status;
    this.#painted = from;
    const picture = await this.#paint(here.picture, masks, prompts);
    return picture + signsOnScreen(this.#terminal.graphics, state, prompts) + status;
  }

  async #paint(
    picture: Picture,
    layers: readonly { readonly alpha: Uint8Array; readonly color: string }[],
    prompts: readonly PaintedPrompt[],
  ): Promise<string> {
    const { graphics } = this.#terminal;
    const { area, view } = this.#state;
    const { session } = this.#desk;
    const cell = cellPixels(graphics);
    const size = { width: area.width * cell.width, height: area.height * cell.height };
    const ofClip = scaled(view, cell);
    const ofPicture = {
      ...ofClip,
      scaleX: (ofClip.scaleX * session.clip.width) / picture.width,
      scaleY: (ofClip.scaleY * session.clip.height) / picture.height,
    };
    const painted = paintView({ picture, layers, view: ofPicture, size });
    const pointRadius = graphics.kind === 'blocks' ? 0 : 7;
    paintMarks(painted, prompts, { view: ofClip, pointRadius });
    return pictureOnScreen(graphics, painted, area, (each) => session.encode(each));
  }

  #layers(frame: number, { objects }: DeskView) {
    return objects.flatMap(({ id }, index) => {
      const mask = this.#masks.of(id, frame);
      return mask === undefined ? [] : [{ alpha: mask.matte.data, color: this.#colorOf(index) }];
    });
  }

  #prompts(frame: number, { objects }: DeskView): PaintedPrompt[] {
    return objects.flatMap(({ prompts }, index) =>
      prompts
        .filter((prompt) => prompt.frame === frame)
        .map((prompt) => ({ prompt, color: this.#colorOf(index) })),
    );
  }

  #status(state: TerminalState, view: DeskView): string[] {
    const scores = view.objects.flatMap(({ id }): [number, number][] => {
      const mask = this.#masks.of(id, state.frame);
      return mask === undefined ? [] : [[id, mask.score]];
    });
    return statusLines({
      state,
      place: this.#place(),
      view,
      scores: new Map(scores),
      colorOf: (index) => this.#colorOf(index),
      columns: state.area.width,
      message: this.#message,
      busy: this.#masks.busy
        ? 'looking for the object …'
        : this.#loading === undefined
          ? ''
          : 'reading the frame …',
    });
  }

  #colorOf(index: number): string {
    const { colors } = this.#desk.session;
    const own = this.#desk.view.objects[index]?.color;
    return own ?? colors[index % colors.length] ?? '#ffffff';
  }
}

/** From cells to the pixels they are painted with. */
function scaled(view: View, cell: Size): View {
  return {
    left: view.left * cell.width,
    top: view.top * cell.height,
    scaleX: view.scaleX * cell.width,
    scaleY: view.scaleY * cell.height,
  };
}

function helpScreen(): string {
  const lines = helpLines.map((line, row) => `\u001b[${row + 2};3H${line}`);
  return `\u001b_Ga=d,q=2\u001b\\\u001b[0m\u001b[2J${lines.join('')}`;
}
