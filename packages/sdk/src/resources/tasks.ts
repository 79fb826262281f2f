import type { ApiPromise } from '../api-promise.ts';
import { Task, type TaskStatus } from '../contract/tasks.ts';
import { path } from '../internal/path.ts';
import { type ListParams, type ListPromise, list } from '../pagination.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { TaskHandle } from '../task-handle.ts';

/** Which tasks a list has. */
export interface TaskListParams extends ListParams {
  readonly status?: TaskStatus | undefined;
  readonly video_id?: string | undefined;
}

/**
 * Tasks of the account.
 *
 * @example
 * for await (const task of roto.tasks.list({ status: 'completed' })) console.log(task.id);
 */
export class Tasks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Tasks, newest first. */
  list(params: TaskListParams = {}, options?: RequestOptions): ListPromise<TaskHandle> {
    const spec = { path: '/api/tasks', query: { ...params }, item: Task };
    const tasks = list(this.#transport, spec, options);
    return tasks.mapItems((task) => new TaskHandle(this.#transport, task));
  }

  /** One task. */
  get(id: string, options?: RequestOptions): ApiPromise<TaskHandle> {
    return this.#ask('GET', path`/api/tasks/${id}`, options);
  }

  /** Stops a task, within a frame where it runs, and gives its credits back. */
  cancel(id: string, options?: RequestOptions): ApiPromise<TaskHandle> {
    return this.#ask('POST', path`/api/tasks/${id}/cancel`, options);
  }

  /** Lets a task that failed or was cancelled wait for a worker again. */
  retry(id: string, options?: RequestOptions): ApiPromise<TaskHandle> {
    return this.#ask('POST', path`/api/tasks/${id}/retry`, options);
  }

  #ask(method: 'GET' | 'POST', at: string, options?: RequestOptions): ApiPromise<TaskHandle> {
    const reply = this.#transport.request({ method, path: at, schema: Task }, options);
    return reply.map((task) => new TaskHandle(this.#transport, task));
  }
}
