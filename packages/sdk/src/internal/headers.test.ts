import { expect, it } from 'vitest';
import { mergeHeaders } from './headers.ts';

it('later headers win over earlier ones in any case, null takes away, undefined leaves', () => {
  const merged = mergeHeaders({ Accept: 'a', 'X-One': '1' }, undefined, {
    accept: null,
    'x-one': undefined,
    'x-TWO': '2',
  });
  expect(merged).toEqual({ 'x-one': '1', 'x-two': '2' });
});
