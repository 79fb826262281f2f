import { describe, expect, it } from 'vitest';
import { upheldObjections } from './trust.ts';

describe('objections of the motion', () => {
  it('hold where the decoder doubts too, and fall where it is sure of the object', () => {
    const against = Float32Array.of(8, 8, 8, 8, 0);
    const decoded = Float32Array.of(-6, 0.5, 1.75, 7, 7);
    expect([...upheldObjections(against, decoded)]).toEqual([8, 8, 4, 0, 0]);
  });
});
