import {
  type FramePrompt,
  type FrameRange,
  type PromptBox,
  type PromptPoint,
  RotoError,
  type ShotObject,
} from '@roto/sdk/contract';
import { parseObjectName } from '../args/choices.ts';
import type { PickAction } from './pick-action.ts';

/** The objects of a shot, with what was said of each; never changed, only replaced. */
export type PickedObjects = readonly ShotObject[];

/** What is picked, and the way there and back. */
export interface PickState {
  readonly objects: PickedObjects;
  /** What was picked before, the last one last. */
  readonly past: readonly PickedObjects[];
  /** What was undone, the next one to do again last. */
  readonly future: readonly PickedObjects[];
}

/** What prompts have to lie within. */
export interface PickBounds {
  readonly width: number;
  readonly height: number;
  readonly range: FrameRange;
}

/** Steps that can be undone. */
const historyLength = 500;
/** Points on one frame, as the contract has it. */
const maxPoints = 1000;

/** A state in which nothing can be undone. */
export function startPicking(objects: PickedObjects): PickState {
  return { objects, past: [], future: [] };
}

/**
 * The state after an action; the same one where it changes nothing.
 * @throws RotoError `not_found` for an object that is not there, `prompt_outside_picture`,
 *   `frame_out_of_range`, `invalid_argument` for a name that cannot be had
 */
export function reducePick(state: PickState, action: PickAction, bounds: PickBounds): PickState {
  if (action.type === 'undo') return undo(state);
  if (action.type === 'redo') return redo(state);
  const objects = change(state.objects, action, bounds);
  if (objects === state.objects) return state;
  return { objects, past: [...state.past, state.objects].slice(-historyLength), future: [] };
}

/** What was said of an object on a frame. */
export function promptAt(
  objects: PickedObjects,
  object: number,
  frame: number,
): FramePrompt | undefined {
  return objects.find(({ id }) => id === object)?.prompts.find((prompt) => prompt.frame === frame);
}

function undo({ objects, past, future }: PickState): PickState {
  const before = past.at(-1);
  if (before === undefined) return { objects, past, future };
  return { objects: before, past: past.slice(0, -1), future: [...future, objects] };
}

function redo({ objects, past, future }: PickState): PickState {
  const after = future.at(-1);
  if (after === undefined) return { objects, past, future };
  return { objects: after, past: [...past, objects], future: future.slice(0, -1) };
}

type ChangeAction = Exclude<PickAction, { readonly type: 'undo' | 'redo' }>;

function change(objects: PickedObjects, action: ChangeAction, bounds: PickBounds): PickedObjects {
  switch (action.type) {
    case 'add-object':
      return [...objects, newObject(objects)];
    case 'remove-object':
      return removeObject(objects, action.object);
    case 'rename-object':
      return renameObject(objects, action.object, action.name);
    default:
      checkFrame(action.frame, bounds);
      return onObject(objects, action.object, (object) =>
        withPrompt(object, action.frame, (prompt) => changePrompt(prompt, action, bounds)),
      );
  }
}

type PromptAction = Exclude<
  ChangeAction,
  { readonly type: 'add-object' | 'remove-object' | 'rename-object' }
>;

/** What is then said on the frame; without points, box and mask nothing is. */
function changePrompt(prompt: FramePrompt, action: PromptAction, bounds: PickBounds): FramePrompt {
  switch (action.type) {
    case 'add-point':
      return addPoint(prompt, action, bounds);
    case 'move-point': {
      const { index, x, y } = action;
      const old = prompt.points[index];
      if (old === undefined) return prompt;
      const point = checkedPoint({ ...old, x, y }, bounds);
      return { ...prompt, points: prompt.points.with(index, point) };
    }
    case 'remove-point': {
      if (prompt.points[action.index] === undefined) return prompt;
      return { ...prompt, points: prompt.points.toSpliced(action.index, 1) };
    }
    case 'set-box':
      return { ...prompt, box: checkedBox(action.box, bounds) };
    case 'remove-box': {
      if (prompt.box === undefined) return prompt;
      const { box: _, ...rest } = prompt;
      return rest;
    }
    case 'set-correction':
      return withCorrection(prompt, action.correction);
    case 'clear-frame':
      return { frame: prompt.frame, points: [] };
  }
}

function addPoint(
  prompt: FramePrompt,
  { point, correction }: Extract<PromptAction, { type: 'add-point' }>,
  bounds: PickBounds,
): FramePrompt {
  if (prompt.points.length >= maxPoints) {
    throw new RotoError(
      'invalid_argument',
      `Expected at most ${maxPoints} points of an object on a frame.`,
      { param: 'points' },
    );
  }
  const added = { ...prompt, points: [...prompt.points, checkedPoint(point, bounds)] };
  return isEmpty(prompt) && correction === true ? withCorrection(added, true) : added;
}

function withCorrection(prompt: FramePrompt, correction: boolean): FramePrompt {
  if (isEmpty(prompt) || (prompt.correction === true) === correction) return prompt;
  if (!correction) {
    const { correction: _, ...rest } = prompt;
    return rest;
  }
  if (prompt.mask === undefined) return { ...prompt, correction };
  throw new RotoError(
    'invalid_argument',
    'Expected no mask in a correction: a mask says by itself what the object is.',
    { param: 'correction' },
  );
}

function withPrompt(
  object: ShotObject,
  frame: number,
  change: (prompt: FramePrompt) => FramePrompt,
): ShotObject {
  const before = object.prompts.find((prompt) => prompt.frame === frame);
  const prompt = change(before ?? { frame, points: [] });
  if (prompt === before || (before === undefined && isEmpty(prompt))) return object;
  const others = object.prompts.filter((each) => each.frame !== frame);
  const prompts = isEmpty(prompt)
    ? others
    : [...others, prompt].sort((one, other) => one.frame - other.frame);
  return { ...object, prompts };
}

function isEmpty({ points, box, mask }: FramePrompt): boolean {
  return points.length === 0 && box === undefined && mask === undefined;
}

function onObject(
  objects: PickedObjects,
  id: number,
  change: (object: ShotObject) => ShotObject,
): PickedObjects {
  const index = objects.findIndex((object) => object.id === id);
  const object = objects[index];
  if (object === undefined) throw noSuchObject(id);
  const changed = change(object);
  return changed === object ? objects : objects.with(index, changed);
}

/** With the next free number, and a name that no other object has. */
function newObject(objects: PickedObjects): ShotObject {
  const id = Math.max(0, ...objects.map((object) => object.id)) + 1;
  const taken = new Set(objects.map(({ name }) => name.toLowerCase()));
  let number = id;
  while (taken.has(`object-${number}`)) number += 1;
  return { id, name: `object-${number}`, prompts: [], locked: [] };
}

function removeObject(objects: PickedObjects, id: number): PickedObjects {
  if (!objects.some((object) => object.id === id)) throw noSuchObject(id);
  if (objects.length > 1) return objects.filter((object) => object.id !== id);
  throw new RotoError('invalid_argument', 'Expected one object at least to be left.', {
    param: 'object',
  });
}

function renameObject(objects: PickedObjects, id: number, text: string): PickedObjects {
  const name = parseObjectName(text.trim(), 'the name');
  const same = objects.find((object) => object.name.toLowerCase() === name.toLowerCase());
  if (same !== undefined && same.id !== id) {
    throw new RotoError(
      'invalid_argument',
      `Expected every object to have its own name but ${JSON.stringify(name)} is taken.`,
      { param: 'name' },
    );
  }
  return onObject(objects, id, (object) => (object.name === name ? object : { ...object, name }));
}

function checkFrame(frame: number, { range }: PickBounds): void {
  if (frame >= range.first && frame <= range.last) return;
  throw new RotoError(
    'frame_out_of_range',
    `Expected a frame of ${range.first}-${range.last} but received ${frame}.`,
    { param: 'frame' },
  );
}

/** To a tenth of a pixel: finer than anybody clicks, and short in a document. */
function checkedPoint(point: PromptPoint, { width, height }: PickBounds): PromptPoint {
  const [x, y] = [tenth(point.x), tenth(point.y)];
  if (x >= 0 && y >= 0 && x <= width && y <= height) return { x, y, label: point.label };
  throw new RotoError(
    'prompt_outside_picture',
    `Expected a point inside the picture of ${width}x${height} but received ${x},${y}.`,
    { param: 'points' },
  );
}

/** Corners in any order; what lies outside the picture is cut off. */
function checkedBox(box: PromptBox, { width, height }: PickBounds): PromptBox {
  const within = (value: number, size: number) => tenth(Math.min(size, Math.max(0, value)));
  const x1 = within(Math.min(box.x1, box.x2), width);
  const y1 = within(Math.min(box.y1, box.y2), height);
  const x2 = within(Math.max(box.x1, box.x2), width);
  const y2 = within(Math.max(box.y1, box.y2), height);
  if (x2 - x1 >= 1 && y2 - y1 >= 1) return { x1, y1, x2, y2 };
  throw new RotoError(
    'prompt_outside_picture',
    'Expected a box that covers a pixel or more of the picture.',
    { param: 'box' },
  );
}

/** Adding zero keeps -0 out of documents. */
function tenth(value: number): number {
  return Math.round(value * 10) / 10 + 0;
}

function noSuchObject(id: number): RotoError {
  return new RotoError('not_found', `There is no object ${id}; it may have been removed.`, {
    param: 'object',
  });
}
