import { type FramePrompt, type PromptBox, RotoError, type ShotObject } from '@roto/sdk/contract';
import { parseObjectName, parsePath } from './choices.ts';
import { parseFrame } from './frames.ts';
import { quoted } from './numbers.ts';
import {
  type Box,
  type OnFrame,
  type Position,
  parseBoxes,
  parseMask,
  parsePoints,
  toPixels,
} from './position.ts';

type Label = 'positive' | 'negative';

/** Everything the command line said of one object, in the order it was said. */
export interface ObjectPrompts {
  readonly name: string;
  readonly points: readonly SaidPoint[];
  readonly boxes: readonly OnFrame<Box>[];
  readonly masks: readonly OnFrame<string>[];
  /** `--frame`, for prompts that do not carry their own. */
  readonly frame: number | undefined;
}

interface SaidPoint extends OnFrame<Position> {
  readonly label: Label;
  /** Whether it changes what was tracked to its frame. */
  readonly corrects: boolean;
}

interface Draft {
  name: string | undefined;
  points: SaidPoint[];
  boxes: OnFrame<Box>[];
  masks: OnFrame<string>[];
  frame: number | undefined;
}

/** Name of an object that was given none. */
const unnamedObject = 'matte';

/**
 * Takes the prompt options one by one in the order of the command line: `--object NAME` starts the
 * next object, and what follows belongs to it.
 */
export class PromptOptions {
  readonly #drafts: Draft[] = [emptyDraft(undefined)];

  /** @throws RotoError `invalid_argument` for a name that cannot be a file name or comes twice */
  object(text: string): void {
    const name = parseObjectName(text);
    const same = this.#drafts.find((draft) => draft.name?.toLowerCase() === name.toLowerCase());
    if (same !== undefined) {
      throw new RotoError(
        'invalid_argument',
        `Expected every --object to have its own name but received ${quoted(name)} twice.`,
        { param: '--object', hint: 'Give all prompts of an object after its one --object.' },
      );
    }
    this.#drafts.push(emptyDraft(name));
  }

  points(text: string, label: Label): void {
    const points = parsePoints(text, label === 'positive' ? '--points' : '--negative');
    this.#add(points, { label, corrects: false });
  }

  /** Clicks on the object that change what was tracked to their frame. */
  corrections(text: string): void {
    this.#add(parsePoints(text, '--correct'), { label: 'positive', corrects: true });
  }

  boxes(text: string): void {
    this.#current().boxes.push(...parseBoxes(text));
  }

  mask(text: string): void {
    this.#current().masks.push(parseMask(parsePath(text, '--mask')));
  }

  /** @throws RotoError `invalid_argument` where the object has another frame already */
  frame(text: string): void {
    const frame = parseFrame(text, '--frame');
    const current = this.#current();
    if (current.frame !== undefined && current.frame !== frame) {
      throw new RotoError(
        'invalid_argument',
        `Expected one --frame for an object but received ${current.frame} and ${frame}.`,
        { param: '--frame', hint: 'Put the frame behind each prompt: --points 420,310@1012.' },
      );
    }
    current.frame = frame;
  }

  /** Any prompt or object was given; `--frame` alone is none. */
  get given(): boolean {
    return this.#drafts.length > 1 || this.#drafts.some((draft) => !isEmpty(draft));
  }

  /** The frames said with `--frame`, each once. */
  get frames(): readonly number[] {
    return [...new Set(this.#drafts.flatMap(({ frame }) => (frame === undefined ? [] : [frame])))];
  }

  /**
   * The objects with their prompts. Prompts before the first `--object` are those of an object named
   * `matte`; a single `--object` with nothing after it names them instead.
   * @throws RotoError `prompt_missing` where there is no prompt, or an object has none
   */
  objects(): ObjectPrompts[] {
    const [first = emptyDraft(undefined), ...named] = this.#drafts;
    const [only] = named;
    if (only !== undefined && named.length === 1 && isEmpty(only) && !isEmpty(first)) {
      return [asPrompts({ ...first, name: only.name, frame: only.frame ?? first.frame })];
    }
    const given = isEmpty(first) ? named : [{ ...first, name: unnamedObject }, ...named];
    if (given.length === 0) throw noPrompts();
    return given.map((draft) => {
      if (isEmpty(draft)) throw noPromptsFor(draft.name ?? unnamedObject);
      return asPrompts({ ...draft, frame: draft.frame ?? first.frame });
    });
  }

  #add(points: readonly OnFrame<Position>[], as: Pick<SaidPoint, 'label' | 'corrects'>): void {
    this.#current().points.push(...points.map((point) => ({ ...point, ...as })));
  }

  #current(): Draft {
    return this.#drafts.at(-1) ?? emptyDraft(undefined);
  }
}

/** What must be known of the clip to turn what was said into prompts. */
export interface PromptPlace {
  readonly width: number;
  readonly height: number;
  /** Frame of a prompt that names none. */
  readonly firstFrame: number;
}

/** Whether these prompts mean something only once the size or the first frame is known. */
export function needsClip(objects: readonly ObjectPrompts[], firstFrame?: number): boolean {
  const noFrame = (prompt: OnFrame<unknown>, object: ObjectPrompts) =>
    prompt.frame === undefined && object.frame === undefined && firstFrame === undefined;
  return objects.some((object) =>
    [
      ...object.points.map((point) => noFrame(point, object) || inPercent(point.value)),
      ...object.boxes.map((box) => noFrame(box, object) || inPercent(box.value)),
      ...object.masks.map((mask) => noFrame(mask, object)),
    ].some(Boolean),
  );
}

/**
 * The objects of the shot document: coordinates in pixels, prompts by frame in rising order.
 * @throws RotoError `invalid_argument` for two boxes or masks of an object on one frame
 */
export function toShotObjects(objects: readonly ObjectPrompts[], place: PromptPlace): ShotObject[] {
  return objects.map((object, index) => ({
    id: index + 1,
    name: object.name,
    prompts: framePrompts(object, place),
    locked: [],
  }));
}

function framePrompts(object: ObjectPrompts, place: PromptPlace): FramePrompt[] {
  const byFrame = new Map<number, FramePrompt>();
  const on = (prompt: OnFrame<unknown>): FramePrompt => {
    const frame = prompt.frame ?? object.frame ?? place.firstFrame;
    const known = byFrame.get(frame) ?? { frame, points: [] };
    byFrame.set(frame, known);
    return known;
  };
  for (const point of object.points) {
    const { x, y } = point.value;
    const pixel = { x: toPixels(x, place.width), y: toPixels(y, place.height), label: point.label };
    const prompt = on(point);
    prompt.points.push(pixel);
    if (point.corrects) prompt.correction = true;
  }
  for (const box of object.boxes) {
    const prompt = on(box);
    if (prompt.box !== undefined) throw twice('--box', prompt.frame);
    prompt.box = pixelBox(box.value, place);
  }
  for (const mask of object.masks) {
    const prompt = on(mask);
    if (prompt.mask !== undefined) throw twice('--mask', prompt.frame);
    prompt.mask = mask.value;
  }
  return [...byFrame.values()].sort((a, b) => a.frame - b.frame);
}

function pixelBox(box: Box, { width, height }: PromptPlace): PromptBox {
  const pixels = {
    x1: toPixels(box.x1, width),
    y1: toPixels(box.y1, height),
    x2: toPixels(box.x2, width),
    y2: toPixels(box.y2, height),
  };
  if (pixels.x1 < pixels.x2 && pixels.y1 < pixels.y2) return pixels;
  throw new RotoError(
    'invalid_argument',
    `Expected left before right and top before bottom for --box but received ${Object.values(pixels).join(',')} pixels.`,
    { param: '--box' },
  );
}

function inPercent(value: Position | Box): boolean {
  return Object.values(value).some((coordinate) => coordinate.unit === 'percent');
}

function emptyDraft(name: string | undefined): Draft {
  return { name, points: [], boxes: [], masks: [], frame: undefined };
}

function isEmpty({ points, boxes, masks }: Draft): boolean {
  return points.length + boxes.length + masks.length === 0;
}

function asPrompts(draft: Draft): ObjectPrompts {
  return { ...draft, name: draft.name ?? unnamedObject };
}

function noPrompts(): RotoError {
  return new RotoError(
    'prompt_missing',
    'Expected something that says what to cut out: --points, --box, --mask or --shot.',
    { param: '--points', hint: 'Click on the object: --points 420,310.' },
  );
}

function noPromptsFor(name: string): RotoError {
  return new RotoError(
    'prompt_missing',
    `Expected --points, --box or --mask after --object ${name}, but nothing follows it.`,
    { param: '--object' },
  );
}

function twice(flag: string, frame: number): RotoError {
  return new RotoError(
    'invalid_argument',
    `Expected one ${flag} for an object on a frame but received two on frame ${frame}.`,
    { param: flag, hint: `Put the frame behind each: ${flag} ...@1012.` },
  );
}
