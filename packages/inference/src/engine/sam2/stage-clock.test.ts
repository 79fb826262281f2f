import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { StageClock } from './stage-clock.ts';

test('counts a stage within another one for itself alone', async () => {
  const clock = new StageClock();
  const start = performance.now();
  await clock.timed('track', async () => {
    await clock.timed('encode', () => sleep(40));
    await sleep(5);
  });
  const all = (performance.now() - start) / 1000;
  const { encode, track, prompt } = clock.seconds;
  expect(encode).toBeGreaterThan(0.035);
  expect(track).toBeGreaterThan(0.003);
  expect(prompt).toBe(0);
  expect(encode + track).toBeLessThanOrEqual(all);
});

test('counts work that failed', async () => {
  const clock = new StageClock();
  const work = clock.timed('prompt', async () => {
    await sleep(5);
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect(clock.seconds.prompt).toBeGreaterThan(0.003);
});
