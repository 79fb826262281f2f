import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { json } from '../db/column-types.ts';
import type { Database } from '../db/database.ts';
import { taskChannel } from '../db/queries/task-events.ts';
import { findTask, type TaskRow } from '../db/queries/tasks.ts';
import { addWorker, queueChannel, removeWorker, updateWorker } from '../db/queries/workers.ts';
import { HostProcess } from '../host/host-process.ts';
import { keepLease } from '../jobs/leases.ts';
import type { Queue } from '../jobs/queue.ts';
import type { Log } from '../log.ts';
import { newId } from '../new-id.ts';
import { type Abilities, canRun, qualitiesOf } from '../services/abilities.ts';
import { type News, openNews } from '../services/news.ts';
import {
  beginTask,
  completeTask,
  failTask,
  handTaskBack,
  noteSnapshot,
  reportProgress,
  stillHas,
  type TaskRun,
  taskFailure,
} from '../services/task-run.ts';
import type { Storage } from '../storage/storage.ts';
import { version } from '../version.ts';
import { ClipStore } from './clip-store.ts';
import { PreviewServer } from './preview-server.ts';
import { removeTaskObjects, runTask } from './run-task.ts';
import { SteadyReports } from './steady-reports.ts';
import { takeTask } from './take-task.ts';

/** What a worker works with. */
export interface TaskWorkerOptions {
  readonly database: Database;
  readonly queue: Queue;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  /** Folder of this worker's work; nobody else's. */
  readonly scratch: string;
  /** Tasks that run at a time. */
  readonly concurrency: number;
  /** Bytes that each inference host may hold. */
  readonly memoryBytes: number;
  /** Milliseconds between two copies of a track to storage; 30,000 unless said. */
  readonly copyEveryMs?: number;
}

const heartbeatMs = 10_000;
const leaseMs = 4000;
const idleMs = 2000;
const pruneMs = 60_000;

/** Why a run was stopped. */
type StopReason = 'lost' | 'stopping';

interface Running {
  readonly run: TaskRun;
  readonly stop: AbortController;
  done: Promise<void>;
}

/**
 * A worker: takes tasks it can run, lets inference hosts run them, and serves previews, until it is
 * stopped. Hosts may crash, and be killed; the worker goes on.
 */
export class TaskWorker {
  readonly id = newId('worker');
  readonly #options: TaskWorkerOptions;
  readonly #hosts: HostProcess[];
  readonly #clips: ClipStore;
  readonly #running = new Map<HostProcess, Running>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #news: { queue: News; tasks: News };
  readonly #previews: PreviewServer;
  #abilities: Abilities = { models: [], device: 'cpu' };
  #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  private constructor(options: TaskWorkerOptions, news: { queue: News; tasks: News }) {
    const { log, memoryBytes, concurrency, database, storage, scratch } = options;
    this.#options = { ...options, log: log.child({ workerId: this.id }) };
    this.#news = news;
    this.#hosts = Array.from({ length: concurrency }, () => new HostProcess({ log, memoryBytes }));
    this.#clips = new ClipStore({ db: database.db, storage, folder: join(scratch, 'clips') });
    this.#previews = new PreviewServer({
      ...this.#options,
      workerId: this.id,
      clips: this.#clips,
      cache: join(scratch, 'cache'),
    });
  }

  /** Starts one: it resolves once the worker is known; it takes tasks as soon as it has looked around. */
  static async start(options: TaskWorkerOptions): Promise<TaskWorker> {
    const { database, log, clock, concurrency, scratch } = options;
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const news = {
      queue: await openNews(database, queueChannel, log),
      tasks: await openNews(database, taskChannel, log),
    };
    const worker = new TaskWorker(options, news);
    const now = clock();
    await addWorker(database.db, {
      id: worker.id,
      hostname: hostname(),
      version,
      device: 'cpu',
      concurrency,
      started_at: now,
      heartbeat_at: now,
    });
    worker.#every(heartbeatMs, () => worker.#beat());
    worker.#every(pruneMs, () => worker.#clips.prune());
    worker.#loop = worker.#work();
    return worker;
  }

  /** The preview lane, for the API in the same process. */
  get previews(): PreviewServer {
    return this.#previews;
  }

  /** Ids of the host processes that run now; for tests that end them. */
  get hostPids(): number[] {
    return this.#hosts.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Takes no more tasks, hands back those that run, and ends the hosts. May be called again. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return this.#loop;
    const { database } = this.#options;
    this.#stopping.abort();
    await updateWorker(database.db, this.id, { state: 'stopping' });
    for (const { stop } of this.#running.values()) stop.abort('stopping' satisfies StopReason);
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.#hosts.map((host) => host.stop()), this.#previews.stop()]);
    await Promise.all([this.#news.queue.close(), this.#news.tasks.close()]);
    await removeWorker(database.db, this.id);
  }

  #every(ms: number, work: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      void work()
        .catch((error: unknown) => this.#options.log.warn({ err: error }, 'a worker could not'))
        .finally(() => {
          busy = false;
        });
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  async #beat(): Promise<void> {
    const { database, clock } = this.#options;
    await updateWorker(database.db, this.id, { heartbeat_at: clock() });
  }

  async #work(): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stopping;
    const told = this.#news.queue.follow('');
    try {
      await this.#lookAround();
      await this.#previews.start();
      while (!signal.aborted) {
        const began = await this.#takeOne().catch((error: unknown) => {
          log.warn({ err: error }, 'could not take a task');
          return false;
        });
        if (!began) await told.next(idleMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'a worker cannot work');
    } finally {
      told.close();
    }
  }

  /** Finds out what this machine can run; tries again where the host ends in the middle of it. */
  async #lookAround(): Promise<void> {
    const { database, clock, log } = this.#options;
    const [host] = this.#hosts;
    const { signal } = this.#stopping;
    if (host === undefined) return;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { models, devices } = await host.call('look', undefined, { signal });
        this.#abilities = { models: [...models], device: devices.at(-1) ?? 'cpu' };
        break;
      } catch (error) {
        if (signal.aborted || attempt === 3) throw error;
        log.warn({ err: error }, 'could not look around');
      }
    }
    const { models, device } = this.#abilities;
    const { qualities } = qualitiesOf([this.#abilities]);
    const able = qualities.filter(({ available }) => available).map(({ quality }) => quality);
    const row = { models: json(models), qualities: json<readonly string[]>(able) };
    await updateWorker(database.db, this.id, {
      ...row,
      device,
      state: 'ready',
      heartbeat_at: clock(),
    });
    log.info({ models, device }, 'a worker is ready');
  }

  /** Takes the task whose turn it is and begins it; says whether there was one. */
  async #takeOne(): Promise<boolean> {
    const { queue, database } = this.#options;
    const host = this.#hosts.find((each) => !this.#running.has(each));
    if (host === undefined) return false;
    const lease = await takeTask({ db: database.db, queue }, this.#abilities);
    if (lease === undefined) return false;
    const run = { lease, workerId: this.id };
    const running: Running = { run, stop: new AbortController(), done: Promise.resolve() };
    this.#running.set(host, running);
    running.done = this.#runTask(host, running).finally(() => this.#running.delete(host));
    return true;
  }

  /** Runs one task to its end. Never throws: every way out is told to the database. */
  async #runTask(host: HostProcess, { run, stop }: Running): Promise<void> {
    const { lease } = run;
    const log = this.#options.log.child({ taskId: lease.taskId });
    try {
      const task = await beginTask(this.#deps, run, this.#abilities.device);
      if (task === undefined) return;
      if (!canRun(this.#abilities, task.requires)) return await handTaskBack(this.#deps, run);
      log.info({ attempt: task.attempts }, 'task begun');
      const unfollow = this.#follow(run, stop);
      try {
        await this.#runBegun(host, task, { run, stop, log });
      } finally {
        unfollow();
      }
    } catch (error) {
      // The lease runs out, and the task waits again.
      log.error({ err: error }, 'could not tell how a task ended');
    }
  }

  async #runBegun(
    host: HostProcess,
    task: TaskRow,
    { run, stop, log }: Pick<Running, 'run' | 'stop'> & { readonly log: Log },
  ): Promise<void> {
    const { storage, database, scratch, copyEveryMs = 30_000 } = this.#options;
    const deps = { db: database.db, storage, clips: this.#clips, host, log, scratch, copyEveryMs };
    const reports = new SteadyReports((said) => reportProgress(this.#deps, run, said), log);
    try {
      const outcome = await runTask(deps, task, {
        signal: stop.signal,
        onStart: (start) => reports.start(start),
        onProgress: (progress) => reports.progress(progress),
        onWarning: (warning) => reports.warn(warning),
        onCopied: (prefix) => noteSnapshot(this.#deps, run, prefix),
      });
      await reports.close();
      if (await completeTask(this.#deps, run, outcome)) log.info('task completed');
      else await removeTaskObjects(storage, task, '');
    } catch (error) {
      await reports.close();
      const reason: unknown = stop.signal.aborted ? stop.signal.reason : undefined;
      if (reason === 'stopping') {
        log.info('task handed back');
        return await handTaskBack(this.#deps, run);
      }
      if (reason === 'lost') {
        log.info('task was taken away');
        // Who has it now, if anybody, has its own; what was cancelled leaves nothing.
        const now = await findTask(database.db, task.id);
        if (now?.status === 'cancelled') await removeTaskObjects(storage, task, '');
        return;
      }
      const failure = taskFailure(error);
      log.warn({ err: error, isFinal: failure.isFinal }, 'task failed');
      await removeTaskObjects(storage, task, 'results/');
      await failTask(this.#deps, run, failure);
    }
  }

  /** Gives signs of life, and stops the run as soon as the task is somebody else's or nobody's. */
  #follow(run: TaskRun, stop: AbortController): () => void {
    const { queue, database, log } = this.#options;
    const told = this.#news.tasks.follow(run.lease.taskId);
    const over = new AbortController();
    const watch = async () => {
      let beatMs = performance.now();
      while (!over.signal.aborted && !stop.signal.aborted) {
        const heard = await told.next(leaseMs, over.signal);
        if (over.signal.aborted) return;
        try {
          const task = await findTask(database.db, run.lease.taskId);
          if (!stillHas(run, task)) return stop.abort('lost' satisfies StopReason);
          if (heard && performance.now() - beatMs < leaseMs) continue;
          await keepLease(queue, run.lease);
          beatMs = performance.now();
        } catch (error) {
          log.warn({ err: error }, 'could not give a sign of life');
        }
      }
    };
    void watch();
    return () => {
      over.abort();
      told.close();
    };
  }

  get #deps() {
    const { database, queue, clock } = this.#options;
    return { db: database.db, queue, clock };
  }
}
