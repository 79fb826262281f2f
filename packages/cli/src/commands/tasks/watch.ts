import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskHandle } from '@roto/sdk';
import { isFinal, RotoError, type Task, type TasksDocument } from '@roto/sdk/contract';
import { type Io, writeLine } from '../../io/io.ts';
import { canRedraw } from '../../io/reporter.ts';
import type { Server } from '../../server/open-server.ts';
import { defineServerCommand } from '../server-command.ts';
import { displayOptions } from '../shared-options.ts';
import { taskLines } from './task-lines.ts';

/** Milliseconds between two looks. */
const paceMs = 1500;
/** Tasks that are watched at most; more do not fit on a screen. */
const mostTasks = 100;

/** Shows tasks over and over. */
interface TasksDisplay {
  show(tasks: readonly Task[]): void;
  close(): Promise<void>;
}

/** `roto tasks watch`: how tasks go, until they have ended. */
export function createWatchCommand() {
  return defineServerCommand({
    name: 'watch',
    summary: 'watch tasks until they have ended',
    description: [
      'Shows the tasks named, or all that wait or run, with their progress and their places in the queue, until the last one has ended. In a log it is a line for every change. Ctrl-C ends the watching; the tasks go on. A named task that fails or is cancelled is a failure of this command too.',
    ],
    arguments: [
      { syntax: '[task...]', text: 'ids of tasks: tsk_...; those that wait or run unless named' },
    ],
    examples: [
      { text: 'everything that goes on', line: 'roto tasks watch' },
      { text: 'until one has ended, in a script', line: 'roto tasks watch tsk_4f1c... --json' },
    ],
    ask: async (server, { words, options, mode, io }) => {
      const display =
        mode === 'json-stream' ? streamDisplay(io) : await displayFor(io, displayOptions(options));
      const tasks = await watchUntilDone(server, words, { display, signal: io.signal }).finally(
        () => display.close(),
      );
      refuseFailed(words, tasks);
      const document: TasksDocument = { schema: 'roto.tasks/1', tasks };
      return {
        document,
        lines: tasks.length === 0 ? ['no tasks wait or run'] : tasks.flatMap(taskLines),
      };
    },
  });
}

async function watchUntilDone(
  { roto }: Server,
  ids: readonly string[],
  { display, signal }: { readonly display: TasksDisplay; readonly signal: AbortSignal },
): Promise<Task[]> {
  const watched = new Map<string, TaskHandle>();
  for (const id of ids) watched.set(id, await roto.tasks.get(id, { signal }));
  for (;;) {
    // What is asked for meanwhile is shown too.
    for (const handle of ids.length > 0 ? [] : await openTasks(roto, signal)) {
      if (!watched.has(handle.id)) watched.set(handle.id, handle);
    }
    const handles = [...watched.values()];
    const open = handles.filter(({ status }) => !isFinal(status));
    await Promise.all(open.map((handle) => handle.refresh({ signal })));
    display.show(handles.map(({ data }) => data));
    if (handles.every(({ status }) => isFinal(status))) return handles.map(({ data }) => data);
    await sleep(paceMs, undefined, { signal });
  }
}

async function openTasks(roto: Server['roto'], signal: AbortSignal): Promise<TaskHandle[]> {
  const pages = await Promise.all(
    (['processing', 'pending'] as const).map((status) =>
      roto.tasks.list({ status, limit: mostTasks }, { signal }),
    ),
  );
  return pages.flatMap(({ items }) => items).slice(0, mostTasks);
}

/** @throws RotoError `task_failed`, `task_cancelled` */
function refuseFailed(ids: readonly string[], tasks: readonly Task[]): void {
  const bad = tasks.find(({ id, status }) => ids.includes(id) && status !== 'completed');
  if (bad === undefined) return;
  const { id, status, error_message } = bad;
  if (status === 'cancelled')
    throw new RotoError('task_cancelled', `The task ${id} was cancelled.`);
  throw new RotoError(
    'task_failed',
    `The task ${id} failed: ${error_message ?? 'the server does not say why'}`,
  );
}

async function displayFor(
  io: Io,
  options: ReturnType<typeof displayOptions>,
): Promise<TasksDisplay> {
  if (options.quiet) return { show: () => undefined, close: () => Promise.resolve() };
  if (!canRedraw(io, options)) return lineDisplay(io);
  const { createTasksDashboard } = await import('../../io/tasks-dashboard.tsx');
  return createTasksDashboard(io);
}

/** A line whenever the status of a task changes, or its stage, or another tenth is done. */
function lineDisplay(io: Io): TasksDisplay {
  return changesDisplay((task) => {
    const [line = ''] = taskLines(task);
    writeLine(io.stderr, line);
  });
}

function streamDisplay(io: Io): TasksDisplay {
  return changesDisplay((task) => writeLine(io.stdout, JSON.stringify({ event: 'task', task })));
}

function changesDisplay(tell: (task: Task) => void): TasksDisplay {
  const shown = new Map<string, string>();
  return {
    show(tasks) {
      for (const task of tasks) {
        const { stage = '', done = 0, total = 1 } = task.progress ?? {};
        const tenth = Math.floor((done * 10) / Math.max(1, total));
        const key = [task.status, stage, tenth, task.queue_position].join(' ');
        if (shown.get(task.id) === key) continue;
        shown.set(task.id, key);
        tell(task);
      }
    },
    close: () => Promise.resolve(),
  };
}
