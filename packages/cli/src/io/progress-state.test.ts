import { RunEvent } from '@roto/sdk/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldProgress, initialProgress, type ProgressState, sparkline } from './progress-state.ts';

const start = RunEvent.parse({
  event: 'start',
  clip: {
    path: '/a.mp4',
    width: 20,
    height: 10,
    rate: { num: 24, den: 1 },
    firstFrame: 1001,
    lastFrame: 1100,
  },
  engine: 'lite',
  model: { id: 'm', sha256: 'a' },
  device: 'cpu',
  objects: [{ id: 1, name: 'hero' }],
});

const anyProgress = fc.record({
  event: fc.constant('progress' as const),
  stage: fc.constantFrom('track' as const, 'export' as const),
  done: fc.nat({ max: 120 }),
  total: fc.nat({ max: 120 }),
  frame: fc.integer({ min: 900, max: 1200 }),
  scores: fc.record({ '1': fc.double({ min: 0, max: 1, noNaN: true }) }),
});

describe('progress', () => {
  it('never falls within a stage, never passes its total, and keeps the total', () => {
    fc.assert(
      fc.property(fc.array(anyProgress, { maxLength: 60 }), (events) => {
        let state: ProgressState = foldProgress(initialProgress, start);
        for (const event of events) {
          const next = foldProgress(state, event);
          expect(next.done).toBeLessThanOrEqual(next.total);
          if (next.stage === state.stage) {
            expect(next.total).toBe(state.total);
            expect(next.done).toBeGreaterThanOrEqual(state.done);
          }
          state = next;
        }
      }),
    );
  });

  it('has the scores of frames that only the export beside tracking tells of', () => {
    const at = (stage: 'track' | 'export', frame: number, score: number) =>
      ({ event: 'progress', stage, frame, done: 1, total: 3, scores: { '1': score } }) as const;
    const begun = foldProgress(foldProgress(initialProgress, start), at('track', 1002, 0.9));
    const hero = foldProgress(begun, at('export', 1001, 0.4)).objects.get('1');
    expect(hero?.bins[0]).toBe(0.4);
    expect(hero?.latest).toBe(0.9);
    expect([...(hero?.lostFrames ?? [])]).toEqual([1001]);
  });

  it('stays with tracking until that is done, whatever the export beside it has done', () => {
    const at = (stage: 'track' | 'export', done: number) =>
      ({ event: 'progress', stage, done, total: 4 }) as const;
    let state = foldProgress(initialProgress, start);
    const shown = [
      at('track', 1),
      at('export', 1),
      at('track', 3),
      at('export', 2),
      at('track', 4),
      at('export', 3),
      at('export', 4),
    ].map((event) => {
      state = foldProgress(state, event);
      return `${state.stage} ${state.done}`;
    });
    expect(shown).toEqual([
      'track 1',
      'track 1',
      'track 3',
      'track 3',
      'track 4',
      'export 3',
      'export 4',
    ]);
  });

  it('counts every lost frame once and keeps the lowest score of a column', () => {
    let state = foldProgress(initialProgress, start);
    for (const [frame, score] of [
      [1001, 0.9],
      [1050, 0.2],
      [1050, 0.3],
      [1100, 0.5],
    ] as const) {
      const scores = { '1': score };
      const event = {
        event: 'progress',
        stage: 'track',
        done: 1,
        total: 100,
        frame,
        scores,
      } as const;
      state = foldProgress(state, event);
    }
    const hero = state.objects.get('1');
    expect([...(hero?.lostFrames ?? [])]).toEqual([1050, 1100]);
    expect(hero?.latest).toBe(0.5);
    const line = sparkline(hero?.bins ?? [], 10, 100);
    expect([...line]).toEqual(['█', '·', '·', '·', '▂', '·', '·', '·', '·', '▅']);
  });

  it('draws a shot shorter than the line with one column a frame', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 500 }),
        (width, frames) => {
          const bins = Array.from({ length: 240 }, () => 1);
          expect(sparkline(bins, width, frames)).toBe('█'.repeat(Math.min(width, frames)));
        },
      ),
    );
  });
});
