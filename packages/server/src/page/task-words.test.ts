import { expect, it } from 'vitest';
import { bytesWords, progressWords, taskTitle } from './task-words.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9960, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [4_200_000_000, '4.2 GB'],
  [2e18, '2000 PB'],
])('says %d bytes as %s', (bytes, words) => {
  expect(bytesWords(bytes)).toBe(words);
});

it('says how far a task is, in frames or bytes, and how long it will take', () => {
  const tracking = { stage: 'track', done: 12, total: 48 } as const;
  expect(progressWords(tracking)).toBe('Tracking: 12 of 48 frames');
  expect(progressWords({ ...tracking, framesPerSecond: 3.25, secondsLeft: 11.1 })).toBe(
    'Tracking: 12 of 48 frames · 3.3 frames/s · 12 s left',
  );
  expect(progressWords({ ...tracking, secondsLeft: 61 })).toContain('2 min left');
  expect(progressWords({ ...tracking, secondsLeft: 7201 })).toContain('2 h 1 min left');
  expect(progressWords({ stage: 'fetch', done: 1_500_000, total: 3_000_000 })).toBe(
    'Bringing the clip to the worker: 1.5 MB of 3.0 MB',
  );
});

it('names a task by what it makes and of what', () => {
  expect(taskTitle('generate_masks', 'a.mov')).toBe('Masks of a.mov');
  expect(taskTitle('greenscreen', undefined)).toBe('Greenscreen of a deleted video');
  expect(taskTitle('something_new', 'a.mov')).toBe('something_new of a.mov');
});
