import { isFinal, Task, type TaskEvent } from './contract/tasks.ts';
import { AbortError, ClientError, TaskFailedError, TaskTimeoutError } from './errors.ts';
import { deadline, throwIfAborted } from './internal/abort.ts';
import { path } from './internal/path.ts';
import { retryAfterMs } from './internal/retry-after.ts';
import { sleep } from './internal/sleep.ts';
import type { Transport } from './request.ts';
import { taskEvents } from './task-events.ts';

export interface TaskWaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the wait is over, and the task goes on. No limit unless given. */
  readonly timeoutMs?: number | undefined;
  /** Told how the task is at first, and of every change. */
  readonly onProgress?: ((event: TaskEvent) => void) | undefined;
}

/** Milliseconds between two looks at a task where the server does not say. */
const usualPaceMs = 2_000;
const shortestPaceMs = 250;
const longestPaceMs = 60_000;
/** Milliseconds without a sign of life: the service gives one every twelve seconds. */
const stallMs = 30_000;

/**
 * Waits until a task has ended: by its events, or where those do not come through by looking at it
 * as often as the server asks for.
 * @param seen told of the task whenever it is looked at
 * @returns the task, completed
 * @throws TaskFailedError, TaskTimeoutError, AbortError; what any call throws
 */
export async function waitForTask(
  transport: Transport,
  task: Task,
  { signal, timeoutMs = Number.POSITIVE_INFINITY, onProgress }: TaskWaitOptions,
  seen: (task: Task) => void,
): Promise<Task> {
  throwIfAborted(signal);
  const watch = deadline(timeoutMs, signal);
  let last = task;
  const note = (event: TaskEvent): void => {
    const { status, progress, error_code, error_message } = event;
    last = { ...last, status, progress, error_code, error_message };
    seen(last);
    onProgress?.(event);
  };
  try {
    last = await untilFinal({ transport, id: task.id, signal: watch.signal, note });
    seen(last);
  } catch (error) {
    if (!(watch.expired && error instanceof ClientError) || signal?.aborted) throw error;
    const message = `The task ${task.id} is ${last.status} still after ${timeoutMs} ms.`;
    throw new TaskTimeoutError(last, message, { hint: 'Wait for it again: it goes on.' });
  } finally {
    watch.clear();
  }
  if (last.status !== 'completed') throw failureOf(last);
  return last;
}

interface Watching {
  readonly transport: Transport;
  readonly id: string;
  readonly signal: AbortSignal;
  readonly note: (event: TaskEvent) => void;
}

async function untilFinal(watching: Watching): Promise<Task> {
  const { transport, id, signal, note } = watching;
  let follows = true;
  for (;;) {
    if (follows) follows = await followEvents(watching);
    const request = { method: 'GET', path: path`/api/tasks/${id}`, schema: Task } as const;
    const { data: task, headers } = await transport.request(request, { signal }).withResponse();
    if (isFinal(task.status)) {
      if (!follows) note(eventOf(task));
      return task;
    }
    note(eventOf(task));
    const asked = retryAfterMs(headers) ?? usualPaceMs;
    await sleep(Math.min(Math.max(asked, shortestPaceMs), longestPaceMs), signal);
  }
}

/** Follows the events to their end; false where they do not come through. */
async function followEvents({ transport, id, signal, note }: Watching): Promise<boolean> {
  try {
    for await (const event of taskEvents(transport, id, { signal, stallMs })) note(event);
    return true;
  } catch (error) {
    if (!(error instanceof ClientError) || error instanceof AbortError) throw error;
    const { message } = error;
    transport.logger?.warn('The events of a task do not come through: it is polled', { message });
    return false;
  }
}

function eventOf(task: Task): TaskEvent {
  const { id, status, progress, error_code, error_message } = task;
  const type = isFinal(status) ? 'status' : 'progress';
  return { type, task_id: id, status, progress, error_code, error_message };
}

function failureOf(task: Task): TaskFailedError {
  const { id, status, error_message, error_code } = task;
  if (status === 'cancelled') return new TaskFailedError(task, `The task ${id} was cancelled.`);
  const why = error_message ?? error_code ?? 'the server does not say why';
  return new TaskFailedError(task, `The task ${id} failed: ${why}`);
}
