import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Result } from './contract/result.ts';
import { Shot } from './contract/shot.ts';
import { responseReader } from './parse-response.ts';

const tolerant = responseReader();
const Status = z.enum(['pending', 'done']);
const Task = z.discriminatedUnion('status', [
  z.object({ status: z.literal('running'), progress: z.number() }),
  z.strictObject({ status: z.literal('done'), files: z.array(z.object({ path: z.string() })) }),
]);

describe('a reply of a newer server', () => {
  it('keeps fields that the contract does not know, at every depth', () => {
    const Reply = z.object({
      list: z.array(z.object({ a: z.object({ b: z.string() }).optional() })),
    });
    const value = { list: [{ a: { b: 'b', newer: 1 }, newer: 2 }, { newer: [3] }], newer: {} };
    expect(tolerant(Reply).parse(value)).toEqual(value);
  });

  it('may have a value that an enumeration does not know', () => {
    const Reply = z.object({
      status: Status,
      maybe: Status.nullish(),
      many: z.record(Status, z.int()),
    });
    const value = { status: 'paused', maybe: 'newer', many: { pending: 1, done: 2, paused: 3 } };
    expect(tolerant(Reply).parse(value)).toEqual(value);
    expect(tolerant(Reply).safeParse({ ...value, status: 3 }).success).toBe(false);
  });

  it('may be of a kind that a tagged union does not know', () => {
    const value = { status: 'paused', until: 'noon' };
    expect(tolerant(Task).parse(value)).toEqual(value);
    expect(tolerant(z.array(Task)).parse([{ status: 'done', files: [], newer: 1 }])).toEqual([
      { status: 'done', files: [], newer: 1 },
    ]);
  });

  it('still has to be what is promised', () => {
    expect(tolerant(Task).safeParse({ status: 'running' }).success).toBe(false);
    expect(tolerant(Task).safeParse({ status: 'done', files: [{}] }).success).toBe(false);
    expect(tolerant(Task).safeParse({}).success).toBe(false);
    expect(tolerant(z.object({ id: z.string().min(3) })).safeParse({ id: 'a' }).success).toBe(
      false,
    );
  });

  it('is filled with defaults where an older server leaves something out', () => {
    const Reply = z.object({ n: z.number().default(3), s: Status.default('pending') });
    expect(tolerant(Reply).parse({})).toEqual({ n: 3, s: 'pending' });
  });

  it('of a schema that holds itself ends', () => {
    interface Tree {
      readonly kids: readonly Tree[];
    }
    const Tree: z.ZodType<Tree> = z.object({ kids: z.array(z.lazy(() => Tree)) });
    const value = { kids: [{ kids: [], newer: 1 }] };
    expect(tolerant(Tree).parse(value)).toEqual(value);
  });

  it('reads the documents of the contract', () => {
    const prompts = [{ frame: 0, points: [{ x: 1, y: 2, label: 'positive', newer: true }] }];
    const shot = {
      schema: 'roto.shot/1',
      source: { path: 'a.mp4' },
      objects: [{ id: 1, name: 'a', prompts }],
      newer: true,
    };
    expect(tolerant(Shot).parse(shot)).toMatchObject({ newer: true, objects: [{ prompts }] });
    expect(tolerant(Shot).safeParse({ ...shot, schema: 'roto.shot/9' }).success).toBe(false);
    expect(tolerant(Result).safeParse({}).success).toBe(false);
  });
});
