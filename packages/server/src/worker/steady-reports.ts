import type { RunIdentity, TaskEvent, TaskProgress } from '@roto/sdk/contract';
import type { Log } from '../log.ts';
import type { TaskReport } from '../services/task-run.ts';

/** Milliseconds between two reports of progress. */
const steadyMs = 1000;

/** Passes progress on, the newest at most once a second, and warnings at once, one after the other. */
export class SteadyReports {
  readonly #send: (report: TaskReport) => Promise<void>;
  readonly #log: Log;
  #newest: TaskProgress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sentMs = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> = Promise.resolve();

  constructor(send: (report: TaskReport) => Promise<void>, log: Log) {
    this.#send = send;
    this.#log = log;
  }

  progress(progress: TaskProgress): void {
    this.#newest = progress;
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#sentMs + steadyMs - performance.now());
    this.#timer = setTimeout(() => this.#flush(), waitMs);
  }

  start(start: RunIdentity): void {
    this.#pass({ start });
  }

  warn(warning: NonNullable<TaskEvent['warning']>): void {
    this.#pass({ warning });
  }

  /** Resolves once everything was passed on, the newest progress too. */
  async close(): Promise<void> {
    this.#flush();
    await this.#sending;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const progress = this.#newest;
    this.#newest = undefined;
    this.#sentMs = performance.now();
    if (progress !== undefined) this.#pass({ progress });
  }

  #pass(report: TaskReport): void {
    this.#sending = this.#sending
      .then(() => this.#send(report))
      // Progress that is lost does no harm; the next one says as much.
      .catch((error: unknown) => this.#log.warn({ err: error }, 'could not report progress'));
  }
}
