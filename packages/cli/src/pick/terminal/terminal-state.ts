import type { FrameRange, ShotObject } from '@roto/sdk/contract';
import type { PickAction } from '../pick-action.ts';
import {
  fitView,
  insidePicture,
  type Place,
  panView,
  type Size,
  toPicture,
  toWindow,
  type View,
  zoomView,
} from '../view-geometry.ts';
import type { TerminalEvent } from './terminal-input.ts';

/** Width of a character cell for its height, as terminals have it, about. */
export const cellAspect = 0.5;

/** What one terminal looks at; what is picked is on the desk. */
export interface TerminalState {
  readonly frame: number;
  /** Id of the chosen object; the last one counts where it is gone. */
  readonly object: number;
  /** Cell of the picture's part of the screen that keys point at. */
  readonly cursor: { readonly column: number; readonly row: number };
  /** Cells of that part. */
  readonly area: Size;
  /** The whole picture in it, and what is seen of it; in cells. */
  readonly fit: View;
  readonly view: View;
  /** First corner of a box that is being made, in pixels of the clip. */
  readonly corner: Place | undefined;
  /** Where a button was pressed, until it is let go. */
  readonly press: (Place & { readonly negative: boolean }) | undefined;
  readonly masks: boolean;
  readonly help: boolean;
  /** What is being typed in. */
  readonly entry: { readonly what: 'name' | 'frame'; readonly text: string } | undefined;
  /** Whether the next `q` leaves without saving. */
  readonly leaving: boolean;
}

/** What is to be done besides. */
export type TerminalEffect =
  | { readonly do: 'act'; readonly action: PickAction }
  | { readonly do: 'save' | 'run' | 'stop' | 'look' | 'quit' | 'interrupt' };

/** What the state is of. */
export interface TerminalPlace {
  readonly clip: Size & { readonly pixelAspect: number };
  readonly range: FrameRange;
  readonly objects: readonly ShotObject[];
  /** Whether a mask is seen of the chosen object on a frame where nothing is said of it. */
  readonly trackedHere: boolean;
  /** Whether leaving loses something. */
  readonly unsaved: boolean;
  readonly running: boolean;
}

/** A state, and what is to be done besides. */
export interface TerminalStep {
  readonly state: TerminalState;
  readonly effects: readonly TerminalEffect[];
}

/** The state to begin with: the cursor in the middle of the whole picture. */
export function startTerminal(
  frame: number,
  object: number,
  area: Size,
  clip: TerminalPlace['clip'],
): TerminalState {
  const fit = fitIn(area, clip);
  return {
    frame,
    object,
    cursor: { column: Math.floor(area.width / 2), row: Math.floor(area.height / 2) },
    area,
    fit,
    view: fit,
    corner: undefined,
    press: undefined,
    masks: true,
    help: false,
    entry: undefined,
    leaving: false,
  };
}

/** The state once the terminal has another size: the whole picture, the cursor on its pixel. */
export function resizeTerminal(
  state: TerminalState,
  area: Size,
  clip: TerminalPlace['clip'],
): TerminalState {
  const fit = fitIn(area, clip);
  const resized = { ...state, area, fit, view: fit };
  const pixel = pixelAt(state.view, state.cursor, clip);
  const cell = pixel === undefined ? undefined : cellOf(resized, pixel);
  return { ...resized, cursor: cell ?? within(state.cursor, area) };
}

/** The chosen object, or the last one. */
export function chosenObject(
  { object }: Pick<TerminalState, 'object'>,
  objects: readonly ShotObject[],
): ShotObject | undefined {
  return objects.find(({ id }) => id === object) ?? objects.at(-1);
}

/** The pixel of the clip under a cell's middle; undefined beside the picture. */
export function pixelAt(
  view: View,
  { column, row }: { readonly column: number; readonly row: number },
  clip: Size,
): Place | undefined {
  const place = toPicture(view, { x: column + 0.5, y: row + 0.5 });
  const inside = insidePicture(place, clip);
  // A cell that the border runs through is still one of the picture.
  const slack = { x: 0.5 / view.scaleX, y: 0.5 / view.scaleY };
  const isNear = Math.abs(place.x - inside.x) <= slack.x && Math.abs(place.y - inside.y) <= slack.y;
  return isNear ? inside : undefined;
}

/** The cell of a pixel of the clip; undefined where it is not seen. */
export function cellOf(
  { view, area }: Pick<TerminalState, 'view' | 'area'>,
  pixel: Place,
): { column: number; row: number } | undefined {
  const { x, y } = toWindow(view, pixel);
  // A pixel on the far border lies at the very end of the last cell.
  const [column, row] = [Math.floor(x - 1e-9), Math.floor(y - 1e-9)].map((at) => Math.max(0, at));
  if (column === undefined || row === undefined) return undefined;
  return x >= 0 && y >= 0 && column < area.width && row < area.height ? { column, row } : undefined;
}

/** What an event makes of a state. */
export function reduceTerminal(
  before: TerminalState,
  event: TerminalEvent,
  place: TerminalPlace,
): TerminalStep {
  if (event.kind === 'key' && event.key === 'interrupt') {
    return { state: before, effects: [{ do: 'interrupt' }] };
  }
  if (event.kind === 'key' && before.entry !== undefined) return typeIn(before, event.key, place);
  if (before.help) return only({ ...before, help: false });
  const leaves = event.kind === 'key' && event.key === 'q';
  const state = before.leaving && !leaves ? { ...before, leaving: false } : before;
  if (event.kind === 'mouse') return pointAt(state, event, place);
  const move = moves[event.key];
  if (move !== undefined) return only(moveCursor(state, move, event.shift, place));
  const command = Object.hasOwn(commands, event.key) ? commands[event.key] : undefined;
  if (command !== undefined) return command(state, place);
  return only(chooseNth(state, Number(event.key), place));
}

const moves: Readonly<Record<string, readonly [number, number]>> = {
  up: [0, -1],
  down: [0, 1],
  left: [-1, 0],
  right: [1, 0],
};

type Command = (state: TerminalState, place: TerminalPlace) => TerminalStep;

const commands: Readonly<Record<string, Command>> = {
  '+': (state, place) => enter(state, place, 'positive'),
  '=': (state, place) => enter(state, place, 'positive'),
  enter: (state, place) => enter(state, place, 'positive'),
  ' ': (state, place) => enter(state, place, 'positive'),
  '-': (state, place) => enter(state, place, 'negative'),
  b: boxCorner,
  backspace: removeNearest,
  ',': (state, place) => only(goTo(state, state.frame - 1, place)),
  '.': (state, place) => only(goTo(state, state.frame + 1, place)),
  '<': (state, place) => only(goTo(state, state.frame - 10, place)),
  '>': (state, place) => only(goTo(state, state.frame + 10, place)),
  g: (state) => only({ ...state, entry: { what: 'frame', text: '' } }),
  e: (state, { objects }) => {
    const text = chosenObject(state, objects)?.name ?? '';
    return only({ ...state, entry: { what: 'name', text } });
  },
  n: (state, { objects }) => ({
    state: { ...state, object: Math.max(0, ...objects.map(({ id }) => id)) + 1 },
    effects: [{ do: 'act', action: { type: 'add-object' } }],
  }),
  tab: (state, { objects }) => {
    const at = objects.findIndex(({ id }) => id === chosenObject(state, objects)?.id);
    return only(chooseNth(state, ((at + 1) % Math.max(1, objects.length)) + 1, { objects }));
  },
  D: (state, place) => onChosen(state, place, (object) => ({ type: 'remove-object', object })),
  u: (state) => act(state, { type: 'undo' }),
  z: (state) => act(state, { type: 'undo' }),
  U: (state) => act(state, { type: 'redo' }),
  Z: (state) => act(state, { type: 'redo' }),
  c: toggleCorrection,
  m: (state) => only({ ...state, masks: !state.masks }),
  t: (state) => ({ state, effects: [{ do: 'look' }] }),
  i: (state, place) => only(zoomAtCursor(state, 1.5, place)),
  o: (state, place) => only(zoomAtCursor(state, 1 / 1.5, place)),
  '0': (state) => only({ ...state, view: state.fit }),
  s: (state) => ({ state, effects: [{ do: 'save' }] }),
  r: (state) => ({ state, effects: [{ do: 'run' }] }),
  escape: (state, { running }) => ({
    state: { ...state, corner: undefined, press: undefined },
    effects: running && state.corner === undefined ? [{ do: 'stop' }] : [],
  }),
  '?': (state) => only({ ...state, help: true }),
  h: (state) => only({ ...state, help: true }),
  q: (state, { unsaved }) =>
    unsaved && !state.leaving
      ? only({ ...state, leaving: true })
      : { state, effects: [{ do: 'quit' }] },
};

function only(state: TerminalState): TerminalStep {
  return { state, effects: [] };
}

function act(state: TerminalState, action: PickAction): TerminalStep {
  return { state, effects: [{ do: 'act', action }] };
}

function onChosen(
  state: TerminalState,
  { objects }: Pick<TerminalPlace, 'objects'>,
  action: (object: number) => PickAction,
): TerminalStep {
  const chosen = chosenObject(state, objects);
  return chosen === undefined ? only(state) : act(state, action(chosen.id));
}

function goTo(state: TerminalState, frame: number, { range }: TerminalPlace): TerminalState {
  const inside = Math.min(range.last, Math.max(range.first, frame));
  return { ...state, frame: inside, corner: undefined };
}

function chooseNth(
  state: TerminalState,
  nth: number,
  { objects }: Pick<TerminalPlace, 'objects'>,
): TerminalState {
  const object = objects[nth - 1];
  return object === undefined ? state : { ...state, object: object.id };
}

/** At the border of what is seen of a larger picture, the picture moves instead. */
function moveCursor(
  state: TerminalState,
  [x, y]: readonly [number, number],
  fast: boolean,
  { clip }: TerminalPlace,
): TerminalState {
  const step = fast ? 5 : 1;
  const wanted = { column: state.cursor.column + x * step, row: state.cursor.row + y * step };
  const cursor = within(wanted, state.area);
  if (state.view === state.fit) return { ...state, cursor };
  const by = { x: cursor.column - wanted.column, y: cursor.row - wanted.row };
  const window = { ...state.area, unitAspect: cellAspect };
  return { ...state, cursor, view: panView(state.view, by, clip, window) };
}

function zoomAtCursor(state: TerminalState, factor: number, { clip }: TerminalPlace) {
  const { cursor, area } = state;
  const at = { x: cursor.column + 0.5, y: cursor.row + 0.5 };
  const view = zoomView(state.view, state.fit, factor, at);
  if (view === state.fit) return { ...state, view };
  const window = { ...area, unitAspect: cellAspect };
  return { ...state, view: panView(view, { x: 0, y: 0 }, clip, window) };
}

/** A point at the cursor, or the other corner of a box that was begun. */
function enter(
  state: TerminalState,
  place: TerminalPlace,
  label: 'positive' | 'negative',
): TerminalStep {
  const pixel = pixelAt(state.view, state.cursor, place.clip);
  if (pixel === undefined) return only(state);
  return state.corner === undefined
    ? addPoint(state, place, { ...pixel, label })
    : setBox(state, place, state.corner, pixel);
}

function boxCorner(state: TerminalState, place: TerminalPlace): TerminalStep {
  const pixel = pixelAt(state.view, state.cursor, place.clip);
  if (pixel === undefined) return only(state);
  if (state.corner === undefined) return only({ ...state, corner: pixel });
  return setBox(state, place, state.corner, pixel);
}

function addPoint(
  state: TerminalState,
  place: TerminalPlace,
  point: Place & { readonly label: 'positive' | 'negative' },
): TerminalStep {
  const { frame } = state;
  // Whoever sees a mask that was tracked to here clicks where it is wrong.
  const correction = place.trackedHere ? { correction: true } : {};
  return onChosen(state, place, (object) => ({
    type: 'add-point',
    object,
    frame,
    point,
    ...correction,
  }));
}

function setBox(
  state: TerminalState,
  place: TerminalPlace,
  one: Place,
  other: Place,
): TerminalStep {
  const { frame } = state;
  const box = { x1: one.x, y1: one.y, x2: other.x, y2: other.y };
  const without = { ...state, corner: undefined, press: undefined };
  return onChosen(without, place, (object) => ({ type: 'set-box', object, frame, box }));
}

/** The point nearest to the cursor; the box where there are no points. */
function removeNearest(state: TerminalState, place: TerminalPlace): TerminalStep {
  const { frame, view, cursor } = state;
  const said = chosenObject(state, place.objects)?.prompts.find((each) => each.frame === frame);
  const distances = (said?.points ?? []).map((point) => {
    const { x, y } = toWindow(view, point);
    // Rows are further from each other than columns.
    return Math.hypot(x - cursor.column - 0.5, (y - cursor.row - 0.5) / cellAspect);
  });
  const index = distances.indexOf(Math.min(...distances));
  return onChosen(state, place, (object) =>
    index === -1
      ? { type: 'remove-box', object, frame }
      : { type: 'remove-point', object, frame, index },
  );
}

function toggleCorrection(state: TerminalState, place: TerminalPlace): TerminalStep {
  const { frame } = state;
  const said = chosenObject(state, place.objects)?.prompts.find((each) => each.frame === frame);
  if (said === undefined) return only(state);
  const correction = said.correction !== true;
  return onChosen(state, place, (object) => ({
    type: 'set-correction',
    object,
    frame,
    correction,
  }));
}

/** A click is a point, a drag a box, the wheel zooms; the cursor comes along. */
function pointAt(
  state: TerminalState,
  event: Extract<TerminalEvent, { kind: 'mouse' }>,
  place: TerminalPlace,
): TerminalStep {
  const { what, column, row } = event;
  if (column >= state.area.width || row >= state.area.height) {
    return only({ ...state, press: undefined });
  }
  const moved = { ...state, cursor: { column, row } };
  if (what === 'wheel-up') return only(zoomAtCursor(moved, 1.25, place));
  if (what === 'wheel-down') return only(zoomAtCursor(moved, 0.8, place));
  if (what === 'drag') return only(moved);
  if (what === 'press') {
    const negative = event.held || event.button === 'right';
    return only({ ...moved, press: { x: column, y: row, negative } });
  }
  return release(moved, place);
}

function release(state: TerminalState, place: TerminalPlace): TerminalStep {
  const { press, cursor, view } = state;
  const after = { ...state, press: undefined };
  if (press === undefined) return only(after);
  const from = pixelAt(view, { column: press.x, row: press.y }, place.clip);
  const to = pixelAt(view, cursor, place.clip);
  if (from === undefined || to === undefined) return only(after);
  const still = press.x === cursor.column && press.y === cursor.row;
  if (!still) return setBox(after, place, from, to);
  return addPoint(after, place, { ...to, label: press.negative ? 'negative' : 'positive' });
}

/** Letters of a name or digits of a frame, until Enter takes them or Escape leaves them. */
function typeIn(state: TerminalState, key: string, place: TerminalPlace): TerminalStep {
  const { entry } = state;
  if (entry === undefined) return only(state);
  const closed = { ...state, entry: undefined };
  if (key === 'escape') return only(closed);
  if (key === 'backspace') {
    return only({ ...state, entry: { ...entry, text: entry.text.slice(0, -1) } });
  }
  if (key !== 'enter') {
    if (key.length !== 1 || entry.text.length >= 64) return only(state);
    return only({ ...state, entry: { ...entry, text: entry.text + key } });
  }
  if (entry.what === 'name') {
    const name = entry.text;
    return onChosen(closed, place, (object) => ({ type: 'rename-object', object, name }));
  }
  return only(/^-?\d{1,9}$/.test(entry.text) ? goTo(closed, Number(entry.text), place) : closed);
}

function fitIn(area: Size, clip: TerminalPlace['clip']): View {
  return fitView(clip, clip.pixelAspect, { ...area, unitAspect: cellAspect });
}

function within({ column, row }: { readonly column: number; readonly row: number }, area: Size) {
  return {
    column: Math.min(area.width - 1, Math.max(0, column)),
    row: Math.min(area.height - 1, Math.max(0, row)),
  };
}
