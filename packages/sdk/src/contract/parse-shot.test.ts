import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RotoError } from './errors.ts';
import { parseShot } from './parse-shot.ts';

const small = {
  schema: 'roto.shot/1',
  source: { path: 'plate.####.png' },
  objects: [
    {
      id: 1,
      name: 'hero',
      prompts: [{ frame: 1001, points: [{ x: 1, y: 2, label: 'positive' }] }],
    },
  ],
};

function refusal(value: unknown): RotoError {
  try {
    parseShot(value);
  } catch (error) {
    if (error instanceof RotoError) return error;
    throw error;
  }
  throw new Error('Expected parseShot to refuse the value');
}

describe('parseShot', () => {
  it('fills in everything that may be left out', () => {
    const shot = parseShot(small);
    expect(shot.engine).toEqual({
      name: 'auto',
      device: 'auto',
      quality: 'standard',
      direction: 'both',
      preset: 'product',
    });
    expect(shot.matte.edge).toBe('soft');
    // The older word for it.
    expect(parseShot({ ...small, engine: { quality: 'normal' } })).toEqual(shot);
    expect(parseShot(structuredClone(shot))).toEqual(shot);
  });

  it.each([
    ['nothing', undefined, undefined],
    ['a list', [small], undefined],
    ['no schema', { ...small, schema: undefined }, 'schema'],
    ['a later version', { ...small, schema: 'roto.shot/2' }, 'schema'],
    ['a frame that is text', withPrompt({ frame: '1001' }), 'objects[0].prompts[0].frame'],
    ['a frame of ten digits', withPrompt({ frame: 1e9 }), 'objects[0].prompts[0].frame'],
    [
      'more points than an engine can look at',
      withPrompt({ frame: 1, points: Array(1001).fill({ x: 1, y: 1, label: 'positive' }) }),
      'objects[0].prompts[0].points',
    ],
    [
      'a mask in a correction',
      withPrompt({ frame: 1, mask: 'm.png', correction: true }),
      'objects[0].prompts[0].correction',
    ],
    ['half a frame', withPrompt({ frame: 1.5 }), 'objects[0].prompts[0].frame'],
    [
      'a point that is not a number',
      withPrompt({ frame: 1, points: [{ x: Number.NaN, y: 0, label: 'positive' }] }),
      'objects[0].prompts[0].points[0].x',
    ],
    ['a field nobody knows', withPrompt({ frame: 1, pionts: [] }), 'objects[0].prompts[0]'],
    ['a name that is a path', withObject({ name: '../../etc' }), 'objects[0].name'],
    ['no objects', { ...small, objects: [] }, 'objects'],
    ['a range backwards', withSource({ range: { first: 9, last: 1 } }), 'source.range'],
    ['an unknown format', { ...small, outputs: [{ format: 'gif' }] }, 'outputs[0].format'],
    ['two objects of one name', withTwo({ id: 2, name: 'HERO' }), 'objects[1].name'],
    ['two objects of one id', withTwo({ id: 1, name: 'dog' }), 'objects[1].id'],
  ])('refuses %s and names the field', (_title, value, param) => {
    const error = refusal(value);
    expect(error.code).toBe('invalid_shot');
    expect(error.param).toBe(param);
    expect(error.message).toMatch(/^[A-Z].*\.$/);
  });

  it('says in one sentence what was wrong', () => {
    expect(refusal(withPrompt({ frame: '1001' })).message).toBe(
      'The shot document is wrong at objects[0].prompts[0].frame: invalid input: expected number, received string.',
    );
  });

  it('refuses a document a hundred thousand levels deep without exhausting the stack', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(refusal({ ...small, source: deep }).message).toContain('levels deep');
  });

  it('takes no field from the prototype of the document', () => {
    const value: unknown = JSON.parse(
      '{"schema":"roto.shot/1","__proto__":{"source":{"path":"a"}}}',
    );
    expect(refusal(value).code).toBe('invalid_shot');
  });

  it('answers any JSON with a shot or with invalid_shot', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(refusal({ ...small, source: value }).code).toBe('invalid_shot');
        expect(refusal(value).code).toBe('invalid_shot');
      }),
    );
  });
});

function withObject(object: object) {
  return { ...small, objects: [{ ...small.objects[0], ...object }] };
}
function withPrompt(prompt: object) {
  return withObject({ prompts: [prompt] });
}
function withSource(source: object) {
  return { ...small, source: { ...small.source, ...source } };
}
function withTwo(second: object) {
  return { ...small, objects: [...small.objects, second] };
}
