import { paletteIndex } from '../../picture/half-blocks.ts';
import type { DeskView } from '../pick-desk.ts';
import type { RunView } from '../run-view.ts';
import { colorBytes } from './paint-view.ts';
import { chosenObject, pixelAt, type TerminalPlace, type TerminalState } from './terminal-state.ts';

/** What the lines below the picture say. */
export interface Status {
  readonly state: TerminalState;
  readonly place: TerminalPlace;
  readonly view: DeskView;
  /** By object id: how sure the engine is of it on this frame. */
  readonly scores: ReadonlyMap<number, number>;
  readonly colorOf: (index: number) => string;
  readonly columns: number;
  /** What went wrong, or was done. */
  readonly message: string;
  /** What is waited for. */
  readonly busy: string;
}

const reverse = '\u001b[7m';
const dim = '\u001b[2m';
const plain = '\u001b[0m';

/** The frame, the objects, what is going on, and the keys: none wider than the screen. */
export function statusLines(status: Status): string[] {
  return [
    frameLine(status),
    objectsLine(status),
    cut(newsOf(status), status.columns),
    keyLine(status),
  ];
}

function frameLine({ state, place, view, columns }: Status): string {
  const { range, clip, objects } = place;
  const pixel = pixelAt(state.view, state.cursor, clip);
  const zoom = state.view.scaleY / state.fit.scaleY;
  const facts = [
    ...(pixel === undefined ? [] : [`${Math.round(pixel.x)},${Math.round(pixel.y)}`]),
    ...(zoom > 1 ? [`zoom ${zoom.toFixed(1)}`] : []),
    view.saved ? 'saved' : view.canUndo ? 'not saved' : '',
  ]
    .filter((fact) => fact !== '')
    .join('  ');
  const label = `frame ${state.frame}`.padEnd(`frame ${range.last}`.length);
  const room = columns - label.length - facts.length - 4;
  if (room < 10) return cut(`${label}  ${facts}`, columns);
  return `${label}  ${scrubber(room, state.frame, { range, objects })}  ${facts}`;
}

/** A line with the frame, and a mark for every frame where something is said. */
function scrubber(
  width: number,
  frame: number,
  { range, objects }: Pick<TerminalPlace, 'range' | 'objects'>,
): string {
  const length = Math.max(1, range.last - range.first);
  const cellOfFrame = (each: number) => Math.round(((each - range.first) * (width - 1)) / length);
  const cells = Array.from({ length: width }, () => '─');
  for (const { prompts } of objects) {
    for (const prompt of prompts) cells[cellOfFrame(prompt.frame)] = '◆';
  }
  cells[cellOfFrame(frame)] = '█';
  return cells.join('');
}

function objectsLine({ state, place, scores, colorOf, columns }: Status): string {
  const chosen = chosenObject(state, place.objects);
  let room = columns;
  const parts: string[] = [];
  for (const [index, { id, name }] of place.objects.entries()) {
    const score = scores.get(id);
    const found = score === undefined ? '' : score > 0.5 ? ` ${Math.round(score * 100)}%` : ' lost';
    const text = ` ${index + 1} ${name}${found} `;
    room -= text.length + 2;
    if (room < 0) break;
    const [r, g, b] = colorBytes(colorOf(index));
    const swatch = `\u001b[38;5;${paletteIndex(r, g, b)}m■${plain}`;
    parts.push(`${swatch}${id === chosen?.id ? `${reverse}${text}${plain}` : text}`);
  }
  return parts.join(' ');
}

/** The most urgent thing there is to say. */
function newsOf({ state, view, message, busy }: Status): string {
  const { entry } = state;
  if (entry !== undefined) {
    const what = entry.what === 'name' ? 'name of the object' : 'frame';
    return `${what}: ${entry.text}_  (Enter takes it, Escape does not)`;
  }
  if (state.leaving) return 'What is picked is not saved: s saves it, q leaves without.';
  if (message !== '') return message;
  if (state.corner !== undefined)
    return 'Now the other corner of the box: b or Enter; Escape leaves it.';
  if (busy !== '') return busy;
  return runLine(view.run);
}

function runLine(run: RunView): string {
  switch (run.state) {
    case 'idle':
      return '';
    case 'stopped':
      return 'Stopped; what was tracked is kept.';
    case 'failed':
      return [run.message, run.hint].filter((text) => text !== undefined).join(' ');
    case 'done':
      return 'Done: the mattes are written, and every frame shows them.';
    case 'running':
      return `${run.text}; Escape stops it`;
  }
}

function keyLine({ columns }: Status): string {
  const keys =
    '? keys  q quit  s save  r run  + on it  - beside  b box  , . frame  n object  u undo  t track here';
  return `${dim}${cut(keys, columns)}${plain}`;
}

/** Everything the keys do, for a screen of its own. */
export const helpLines: readonly string[] = [
  'arrows        move the cursor, five cells with Shift',
  '+ or Enter    a point on the object        click',
  '-             a point beside it            right-click, or Alt-click',
  'b             one corner of a box, b again the other        drag',
  'Backspace     take the nearest point away, else the box',
  'c             whether the frame corrects what was tracked to it',
  'u U           undo, redo',
  ', . < >       a frame back, forth, ten',
  'g             go to a frame',
  'n Tab 1-9     another object, the next one, that one',
  'e D           name the object, remove it',
  'i o 0         zoom in, out, whole picture        wheel',
  'm t           masks or none, track to this frame',
  's r Escape    save, run, stop the run',
  'q             quit',
];

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
