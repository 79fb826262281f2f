import type { RunEvent } from '@roto/sdk/contract';
import { render } from 'ink';
import { createElement } from 'react';
import { describe, expect, it } from 'vitest';
import { createInkReporter } from '../src/io/ink-reporter.tsx';
import { foldProgress, initialProgress } from '../src/io/progress-state.ts';
import { ProgressView } from '../src/io/progress-view.tsx';
import { canRedraw, createReporter } from '../src/io/reporter.ts';
import { createTextReporter } from '../src/io/text-reporter.ts';
import { emitRun } from './support/fake-backend.ts';
import { createFakeIo, KeptStream } from './support/fake-io.ts';

const objects = ['hero', 'a-rather-long-name-for-a-dog'].map((name, index) => ({
  id: index + 1,
  name,
  prompts: [],
  locked: [],
}));
const score = (frame: number) => (frame >= 1010 && frame <= 1012 ? 0.2 : 0.95);

function eventsOfRun(): RunEvent[] {
  const events: RunEvent[] = [];
  emitRun({ objects }, { onEvent: (event) => events.push(event) }, { score });
  return events;
}

function terminal(columns = 80) {
  return new KeptStream({ isTTY: true, columns });
}

describe('plain lines', () => {
  it('come once for every 10 % of a stage, rising', () => {
    const io = createFakeIo();
    const reporter = createTextReporter(io);
    for (const event of eventsOfRun()) reporter.onEvent(event);
    const lines = io.stderr.text.split('\n');
    for (const stage of ['track', 'export']) {
      const percents = lines
        .filter((line) => line.startsWith(`${stage} `))
        .map((line) => Number.parseInt(line.slice(stage.length), 10));
      expect(percents).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    }
    expect(lines.filter((line) => line === 'warning: The width was padded.')).toHaveLength(1);
  });

  it('come once where everything is in the cache', () => {
    const io = createFakeIo();
    const reporter = createTextReporter(io);
    reporter.onEvent({ event: 'progress', stage: 'track', done: 100, total: 100, reused: 100 });
    expect(io.stderr.text).toBe('track 100 % (100 of 100, 100 frames from the cache)\n');
  });
});

describe('the moving display', () => {
  it.each([28, 40, 60, 80, 200])('fits into %d columns and shows what matters', async (columns) => {
    const out = terminal(columns);
    const state = eventsOfRun()
      .slice(0, 15)
      .reduce((folded, event) => foldProgress(folded, event), initialProgress);
    const view = createElement(ProgressView, { state, columns, color: false, running: true });
    const app = render(view, { stdout: out, stderr: out, interactive: false, patchConsole: false });
    app.unmount();
    await app.waitUntilExit();
    const lines = out.plain.trimEnd().split('\n');
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
    expect(out.plain).toContain('14/20');
    expect(out.plain).toContain('hero');
    expect(out.plain).toMatch(/[▁▂▃▄▅▆▇█]/);
    expect(out.plain).toContain('! hero is not found');
    expect(out.plain).toMatchSnapshot();
  });

  it('shows the cursor again when it is closed, and writes nothing afterwards', async () => {
    const io = createFakeIo({ stderr: terminal() });
    const reporter = createInkReporter(io);
    for (const event of eventsOfRun()) reporter.onEvent(event);
    await reporter.close();
    expect(io.stderr.text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(
      io.stderr.text.lastIndexOf('\u001b[?25l'),
    );
    expect(io.stderr.plain).toContain('20/20');
    expect(io.stderr.plain).toContain('! The width was padded.');
    expect(io.stdout.text).toBe('');
    const length = io.stderr.text.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(io.stderr.text).toHaveLength(length);
  });

  it('has colours whatever stdout is, and none with NO_COLOR', async () => {
    const drawn = async (env: Record<string, string>) => {
      const io = createFakeIo({ stderr: terminal(), env });
      const reporter = createInkReporter(io);
      for (const event of eventsOfRun()) reporter.onEvent(event);
      await reporter.close();
      return io.stderr.text;
    };
    const styles = '\u001b[32m';
    expect(await drawn({})).toContain(styles);
    const plain = await drawn({ NO_COLOR: '1' });
    expect(plain).toContain('20/20');
    for (const style of [1, 2, 32, 33, 36]) expect(plain).not.toContain(`\u001b[${style}m`);
  });

  it('is only for a terminal with somebody before it', () => {
    const watched = { quiet: false, input: true };
    const redraws = (env: Record<string, string>, options = watched, stderr = terminal()) =>
      canRedraw(createFakeIo({ env, stderr }), options);
    expect(redraws({})).toBe(true);
    expect(redraws({ CI: 'false' })).toBe(true);
    expect(redraws({ CI: 'true' })).toBe(false);
    expect(redraws({ TERM: 'dumb' })).toBe(false);
    expect(redraws({}, { quiet: true, input: true })).toBe(false);
    expect(redraws({}, { quiet: false, input: false })).toBe(false);
    expect(redraws({}, watched, new KeptStream())).toBe(false);
  });
});

describe('choosing a reporter', () => {
  it.each([
    [
      'a stream of events',
      { mode: 'json-stream', quiet: false, input: true } as const,
      false,
      true,
    ],
    ['--quiet', { mode: 'text', quiet: true, input: true } as const, false, false],
    ['a log', { mode: 'json', quiet: false, input: true } as const, true, false],
  ])('writes where it belongs for %s', async (_title, options, onStderr, onStdout) => {
    const io = createFakeIo();
    const reporter = await createReporter(io, options);
    for (const event of eventsOfRun()) reporter.onEvent(event);
    await reporter.close();
    expect(io.stderr.text !== '').toBe(onStderr);
    expect(io.stdout.text !== '').toBe(onStdout);
  });
});
