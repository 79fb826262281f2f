import type { TaskHandle } from '@roto/sdk';
import type {
  Result,
  ResultClip,
  RunEvent,
  Shot,
  TaskEvent,
  TaskProgress,
} from '@roto/sdk/contract';
import { isErrorCode, RotoError } from '@roto/sdk/contract';

/** How a task is told of, as a local run is. */
export interface FollowOptions {
  readonly clip: ResultClip;
  readonly objects: Shot['objects'];
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

/** Milliseconds between two looks at the place of a task that waits. */
const queueLookMs = 2_000;
/** Milliseconds that a stopped command gives the server to stop the task. */
const cancelMs = 5_000;

/**
 * Follows a task to its end, in the events of a local run. A stopped command stops the task; what it
 * tracked stays, for `roto tasks retry`.
 * @throws what failed, under its own code where it has one; what a call throws
 */
export async function followTask(task: TaskHandle, options: FollowOptions): Promise<void> {
  const told = new Told(task, options);
  const queue = watchQueue(task, options);
  try {
    await task.wait({ signal: options.signal, onProgress: (event) => told.note(event) });
  } catch (error) {
    if (options.signal?.aborted) {
      await task.cancel({ timeoutMs: cancelMs, maxRetries: 0 }).catch(() => undefined);
    }
    throw ownFailure(error, task);
  } finally {
    queue.stop();
  }
}

/** Tells what runs where no event did: the report says it. */
export function startOf(
  report: Pick<Result, 'engine' | 'model' | 'device'>,
  { clip, objects }: Pick<FollowOptions, 'clip' | 'objects'>,
  track: string,
): Extract<RunEvent, { event: 'start' }> {
  const { engine, model, device } = report;
  const named = objects.map(({ id, name }) => ({ id, name }));
  return { event: 'start', clip, engine, model, device, track, objects: named };
}

/** Turns events of a task into those of a run; the start comes first, or nothing does. */
class Told {
  readonly #task: TaskHandle;
  readonly #options: FollowOptions;
  #isStarted = false;

  constructor(task: TaskHandle, options: FollowOptions) {
    this.#task = task;
    this.#options = options;
  }

  note({ type, progress, warning, run }: TaskEvent): void {
    const { onEvent } = this.#options;
    if (type === 'start' && run !== undefined && !this.#isStarted) {
      this.#isStarted = true;
      onEvent?.(startOf(run, this.#options, this.#task.id));
    }
    if (type === 'warning' && warning !== undefined) onEvent?.({ event: 'warning', warning });
    if (type === 'progress' && progress !== null) onEvent?.(toRunProgress(progress));
  }
}

function toRunProgress(progress: TaskProgress): RunEvent {
  return { event: 'progress', ...progress };
}

/** Says how many tasks come before one that waits. */
function watchQueue(task: TaskHandle, { onEvent, signal }: FollowOptions) {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    await task
      .refresh({ signal: AbortSignal.any([over.signal, ...(signal ? [signal] : [])]) })
      .catch(() => undefined);
    if (over.signal.aborted || task.status !== 'pending') return;
    const { queue_position: before } = task.data;
    if (before !== undefined)
      onEvent?.({ event: 'progress', stage: 'queue', done: 0, total: before });
    timer = setTimeout(() => void look(), queueLookMs);
  };
  if (onEvent !== undefined) timer = setTimeout(() => void look(), queueLookMs / 4);
  return {
    stop() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

/** What a local run would have failed with: the service says it with the task. */
function ownFailure(error: unknown, task: TaskHandle): unknown {
  const { error_code: code, error_message: message } = task.data;
  if (!(error instanceof RotoError) || error.code !== 'task_failed') return error;
  if (!isErrorCode(code) || message === null) return error;
  return new RotoError(code, message, {
    hint: `It was ${task.id}; roto tasks retry ${task.id} tries again.`,
    cause: error,
  });
}
