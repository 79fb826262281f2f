import { RotoError, ShotObject } from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import { needsClip, PromptOptions, toShotObjects } from './prompt-options.ts';

const place = { width: 200, height: 100, firstFrame: 1001 };

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof RotoError ? error.code : String(error);
  }
  return undefined;
}

describe('prompt options', () => {
  it('gives the prompts after --object to that object, in the order of the command line', () => {
    const prompts = new PromptOptions();
    prompts.points('10,20', 'positive');
    prompts.object('dog');
    prompts.points('30,40 50%,50%@1012', 'positive');
    prompts.points('5,5@1012', 'negative');
    prompts.object('cat');
    prompts.boxes('1,2,3,4');
    prompts.mask('m.png@1005');
    const objects = toShotObjects(prompts.objects(), place);
    expect(objects.map(({ id, name }) => [id, name])).toEqual([
      [1, 'matte'],
      [2, 'dog'],
      [3, 'cat'],
    ]);
    expect(objects[1]?.prompts).toEqual([
      { frame: 1001, points: [{ x: 30, y: 40, label: 'positive' }] },
      {
        frame: 1012,
        points: [
          { x: 100, y: 50, label: 'positive' },
          { x: 5, y: 5, label: 'negative' },
        ],
      },
    ]);
    expect(objects[2]?.prompts).toEqual([
      { frame: 1001, points: [], box: { x1: 1, y1: 2, x2: 3, y2: 4 } },
      { frame: 1005, points: [], mask: 'm.png' },
    ]);
    for (const object of objects) expect(ShotObject.parse(object)).toEqual(object);
  });

  it('marks a frame as corrected that --correct clicks on, with its negative points', () => {
    const prompts = new PromptOptions();
    prompts.points('10,20', 'positive');
    prompts.corrections('30,40@1012');
    prompts.points('5,5@1012', 'negative');
    const [object] = toShotObjects(prompts.objects(), place);
    expect(object?.prompts).toEqual([
      { frame: 1001, points: [{ x: 10, y: 20, label: 'positive' }] },
      {
        frame: 1012,
        points: [
          { x: 30, y: 40, label: 'positive' },
          { x: 5, y: 5, label: 'negative' },
        ],
        correction: true,
      },
    ]);
    expect(ShotObject.parse(object)).toEqual(object);
  });

  it('names the only prompts by a single --object that follows them', () => {
    const prompts = new PromptOptions();
    prompts.points('10,20', 'positive');
    prompts.frame('1040');
    prompts.object('hero');
    const [hero] = toShotObjects(prompts.objects(), place);
    expect(hero?.name).toBe('hero');
    expect(hero?.prompts[0]?.frame).toBe(1040);
  });

  it('lets a frame said before the first object count for all that say none', () => {
    const prompts = new PromptOptions();
    prompts.frame('1040');
    prompts.object('a');
    prompts.points('1,1', 'positive');
    prompts.object('b');
    prompts.points('1,1', 'positive');
    prompts.frame('1050');
    const frames = toShotObjects(prompts.objects(), place).map((o) => o.prompts[0]?.frame);
    expect(frames).toEqual([1040, 1050]);
    expect(prompts.frames).toEqual([1040, 1050]);
  });

  it('asks for the clip only where the size or the first frame matters', () => {
    const pixels = new PromptOptions();
    pixels.points('1,1@5', 'positive');
    expect(needsClip(pixels.objects())).toBe(false);
    const noFrame = new PromptOptions();
    noFrame.mask('m.png');
    expect(needsClip(noFrame.objects())).toBe(true);
    expect(needsClip(noFrame.objects(), 1001)).toBe(false);
    const percent = new PromptOptions();
    percent.boxes('0%,0%,10%,10%@5');
    expect(needsClip(percent.objects(), 1001)).toBe(true);
  });

  it('refuses objects without prompts, names twice, two frames and two boxes', () => {
    const none = new PromptOptions();
    none.frame('3');
    expect(none.given).toBe(false);
    expect(codeOf(() => none.objects())).toBe('prompt_missing');
    const empty = new PromptOptions();
    empty.object('a');
    empty.object('b');
    empty.points('1,1', 'positive');
    expect(codeOf(() => empty.objects())).toBe('prompt_missing');
    expect(codeOf(() => empty.object('A'))).toBe('invalid_argument');
    empty.frame('1');
    expect(codeOf(() => empty.frame('2'))).toBe('invalid_argument');
    const boxes = new PromptOptions();
    boxes.boxes('1,1,2,2 3,3,4,4');
    expect(codeOf(() => toShotObjects(boxes.objects(), place))).toBe('invalid_argument');
    const mixed = new PromptOptions();
    mixed.boxes('50%,0,60,10');
    expect(codeOf(() => toShotObjects(mixed.objects(), place))).toBe('invalid_argument');
  });
});
