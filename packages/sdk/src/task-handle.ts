import { Task, type TaskEvent, TaskResult, type TaskStatus } from './contract/tasks.ts';
import {
  type DownloadedResult,
  type DownloadResultsOptions,
  downloadResults,
} from './download-results.ts';
import { path } from './internal/path.ts';
import type { ServerEventsOptions } from './internal/sse.ts';
import { type ListParams, type ListPromise, list } from './pagination.ts';
import type { RequestOptions, Transport } from './request.ts';
import { taskEvents } from './task-events.ts';
import { type TaskWaitOptions, waitForTask } from './task-wait.ts';

/**
 * A task of the service: what is known of it, and what can be done with it.
 *
 * @example
 * const task = await roto.masks.create({ video_id, points: { positive: [[48, 32]] } });
 * await task.wait({ onProgress: ({ progress }) => console.log(progress?.stage, progress?.done) });
 * const files = await task.download('mattes/');
 */
export class TaskHandle {
  readonly #transport: Transport;
  #task: Task;

  /** Made by `roto.masks`, `roto.greenscreens` and `roto.tasks`. */
  constructor(transport: Transport, task: Task) {
    this.#transport = transport;
    this.#task = task;
  }

  /** `tsk_…` */
  get id(): string {
    return this.#task.id;
  }

  /** As it was last seen. */
  get status(): TaskStatus {
    return this.#task.status;
  }

  /** All that is known of the task, as it was last seen. */
  get data(): Task {
    return this.#task;
  }

  /** Looks how the task is. */
  refresh(options?: RequestOptions): Promise<this> {
    return this.#ask('GET', path`/api/tasks/${this.id}`, options);
  }

  /**
   * Waits until the task has completed, by its events, or by looking at it as often as the server
   * asks for where those do not come through.
   * @throws TaskFailedError where it failed or was cancelled; TaskTimeoutError, AbortError: the task
   * goes on then; what any call throws
   */
  async wait(options: TaskWaitOptions = {}): Promise<this> {
    await waitForTask(this.#transport, this.#task, options, (task) => {
      this.#task = task;
    });
    return this;
  }

  /**
   * What happens to the task: first how it is now, at last a final status. Goes on across
   * connections that break.
   *
   * @example
   * for await (const event of task.events()) console.log(event.type, event.status);
   */
  events(options: ServerEventsOptions = {}): AsyncGenerator<TaskEvent, void, undefined> {
    return taskEvents(this.#transport, this.id, options);
  }

  /** Stops the task, within a frame where it runs, and gives its credits back. */
  cancel(options?: RequestOptions): Promise<this> {
    return this.#ask('POST', path`/api/tasks/${this.id}/cancel`, options);
  }

  /** Lets a task that failed or was cancelled wait for a worker again. */
  retry(options?: RequestOptions): Promise<this> {
    return this.#ask('POST', path`/api/tasks/${this.id}/retry`, options);
  }

  /** Files that the task made, in the order of their paths. */
  results(params: ListParams = {}, options?: RequestOptions): ListPromise<TaskResult> {
    const at = path`/api/tasks/${this.id}/results`;
    const spec = { path: at, query: { ...params }, item: TaskResult };
    return list(this.#transport, spec, options);
  }

  /**
   * Downloads what the task made into a folder, laid out as `roto mask --local` lays it out. Files
   * come several at a time, as streams, go on where an earlier call stopped, and get their names
   * once they are whole and their SHA-256 is right; those that are there already are not fetched.
   * @throws RotoError `output_exists`, before anything is fetched; `transfer_corrupt`, `disk_full`,
   * `output_unwritable`; what any call throws
   */
  download(folder: string, options: DownloadResultsOptions = {}): Promise<DownloadedResult[]> {
    return downloadResults(this.#transport, this.id, folder, options);
  }

  /** The task as data. */
  toJSON(): Task {
    return this.#task;
  }

  async #ask(method: 'GET' | 'POST', at: string, options?: RequestOptions): Promise<this> {
    this.#task = await this.#transport.request({ method, path: at, schema: Task }, options);
    return this;
  }
}
