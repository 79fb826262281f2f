import { Task } from '@roto/sdk/contract';
import { render } from 'ink';
import { createElement } from 'react';
import { expect, it } from 'vitest';
import { TasksView } from '../src/io/tasks-view.tsx';
import { KeptStream } from './support/fake-io.ts';

/** A task as a list of the service has it. */
function task(index: number, more: object): Task {
  return Task.parse({
    id: `tsk_${String(index).padStart(20, '0')}`,
    video_id: null,
    status: 'pending',
    credit_action: 'generate_masks',
    credit_cost: 1,
    quality: 'draft',
    model: null,
    device: null,
    progress: null,
    attempts: 0,
    error_code: null,
    error_message: null,
    created_at: '2026-11-25T12:00:00.000Z',
    started_at: null,
    completed_at: null,
    ...more,
  });
}

const progress = { stage: 'track', done: 12, total: 48, secondsLeft: 29 };
const tasks = [
  task(1, { queue_position: 1 }),
  task(2, { queue_position: 0 }),
  task(3, { status: 'processing', progress }),
  task(4, { status: 'failed', error_message: 'The disk is full.' }),
];

async function drawn(columns: number, rows: number): Promise<string[]> {
  const out = new KeptStream({ isTTY: true, columns, rows });
  const view = createElement(TasksView, { tasks, columns, rows, color: false });
  const app = render(view, { stdout: out, stderr: out, interactive: false, patchConsole: false });
  app.unmount();
  await app.waitUntilExit();
  return out.plain.trimEnd().split('\n');
}

it.each([36, 80, 120])('the dashboard fits into %d columns, what runs first', async (columns) => {
  const lines = await drawn(columns, 24);
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
  expect(lines[0]).toContain('4 tasks, 1 running, 2 waiting');
  expect(lines[1]).toContain('processing');
  const [, running = '', next = '', later = ''] = lines;
  if (columns > 36) expect(running).toContain('12/48  29 s left');
  expect([next.includes('next'), later.includes('1 task')]).toEqual([true, true]);
});

it('the dashboard is no higher than the terminal, and says how many are not shown', async () => {
  const lines = await drawn(80, 5);
  expect(lines).toHaveLength(4);
  expect(lines.at(-1)).toBe('and 2 more');
});
