import { describe, expect, it } from 'vitest';
import { type PresenceEvidence, presenceScore } from './presence.ts';

/** As measured on a runner in full sight. */
const seen: PresenceEvidence = {
  meanKeyScore: 0.75,
  bestKeyScore: 1.3,
  agreement: 0.88,
  keyAreaRatio: 1.05,
  growth: 1,
  wasLost: false,
  idle: 0,
};

describe('presenceScore', () => {
  it('is near 1 for an object in full sight', () => {
    expect(presenceScore(seen)).toBeGreaterThan(0.99);
  });

  it('stays above .5 for an object of which little is left to see', () => {
    const half = { ...seen, meanKeyScore: 0.03, bestKeyScore: 0.72, keyAreaRatio: 0.35 };
    expect(presenceScore(half)).toBeGreaterThan(0.5);
  });

  it('stays above .5 while a ball seen a frame ago is almost behind a tree', () => {
    const sliver = { ...seen, meanKeyScore: 0.13, bestKeyScore: 0.46, keyAreaRatio: 0.1 };
    const evidence = { ...sliver, agreement: 0.36, growth: 0.1 };
    expect(presenceScore(evidence)).toBeGreaterThan(0.5);
    expect(presenceScore({ ...evidence, wasLost: true })).toBeLessThan(0.5);
  });

  it('is below .5 for background that only resembles it, however well the decoder agrees', () => {
    const wall = { ...seen, meanKeyScore: -0.06, bestKeyScore: 0.42, keyAreaRatio: 0.5 };
    expect(presenceScore({ ...wall, agreement: 0.56 })).toBeLessThan(0.5);
    expect(presenceScore({ ...wall, agreement: 0.88 })).toBeLessThan(0.5);
  });

  it('asks for more before a lost object is found again', () => {
    const faint = { ...seen, meanKeyScore: 0.12, bestKeyScore: 0.6, agreement: 0.5 };
    expect(presenceScore(faint)).toBeGreaterThan(0.5);
    expect(presenceScore({ ...faint, wasLost: true })).toBeLessThan(0.5);
  });

  it('does not take for an object that was moving what stands still and looks rather like it', () => {
    const banner = { ...seen, meanKeyScore: 0.36, bestKeyScore: 0.95, agreement: 0.24 };
    const again = { ...banner, keyAreaRatio: 0.28, growth: 0.28, wasLost: true };
    expect(presenceScore({ ...again, idle: 0 })).toBeGreaterThan(0.5);
    expect(presenceScore({ ...again, idle: 1 })).toBeLessThan(0.5);
    expect(presenceScore({ ...seen, idle: 1 })).toBeGreaterThan(0.9);
  });

  it('does not take a chance likeness that the decoder makes nothing of for a lost object', () => {
    const likeness = {
      meanKeyScore: 0.28,
      bestKeyScore: 0.7,
      agreement: 0.25,
      keyAreaRatio: 0.4,
      growth: 0.4,
    };
    expect(presenceScore({ ...likeness, wasLost: true, idle: 0 })).toBeLessThan(0.5);
    const back = {
      meanKeyScore: 0.46,
      bestKeyScore: 0.97,
      agreement: 0.7,
      keyAreaRatio: 0.6,
      growth: 0.6,
    };
    expect(presenceScore({ ...back, wasLost: true, idle: 0 })).toBeGreaterThan(0.9);
  });

  it('does not take what is suddenly six times as large', () => {
    const coat = { ...seen, meanKeyScore: 0.2, bestKeyScore: 0.8, growth: 6 };
    expect(presenceScore(coat)).toBeLessThan(0.5);
    expect(presenceScore({ ...coat, growth: 1.5 })).toBeGreaterThan(0.9);
  });

  it('is 0 where nothing or next to nothing was found', () => {
    expect(presenceScore({ ...seen, keyAreaRatio: 0.01 })).toBe(0);
  });
});
