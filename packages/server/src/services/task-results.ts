import {
  OutputFormat,
  type PageQuery,
  Result,
  RotoError,
  type TaskResult,
} from '@roto/sdk/contract';
import { type Clock, secondsAfter } from '../clock.ts';
import { findReport } from '../db/queries/task-reports.ts';
import { listResults, type ResultRow } from '../db/queries/task-results.ts';
import type { TaskRow } from '../db/queries/tasks.ts';
import type { Db } from '../db/types.ts';
import type { Storage } from '../storage/storage.ts';
import type { ListPage } from './list-page.ts';

/** What the functions here stand on. */
export interface ResultDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly storage: Storage;
}

/** Seconds that addresses of results are good for. */
const urlSeconds = 60 * 60;

/**
 * One page of the files a task made, in the order of their paths.
 * @throws RotoError `wrong_task_status`, `invalid_argument` for a cursor that is none
 */
export async function resultPage(
  { db, clock, storage }: ResultDeps,
  task: TaskRow,
  { limit, cursor }: PageQuery,
): Promise<ListPage<TaskResult>> {
  requireCompleted(task);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rows = await listResults(db, task.id, { after, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const expiresAt = secondsAfter(clock(), urlSeconds);
  const data = await Promise.all(shown.map((row) => toResult(storage, row, expiresAt)));
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { data, nextCursor: hasMore ? Buffer.from(last.path).toString('base64url') : null };
}

/**
 * What the run of a task said of itself.
 * @throws RotoError `wrong_task_status`; `not_found` of a task that an older service ran
 */
export async function taskReport({ db }: Pick<ResultDeps, 'db'>, task: TaskRow): Promise<Result> {
  requireCompleted(task);
  const report = await findReport(db, task.id);
  if (report !== undefined) return Result.parse(report);
  throw new RotoError('not_found', 'The service kept no report of this task.');
}

async function toResult(
  storage: Storage,
  { object, format, frame, path, size_bytes, sha256, key }: ResultRow,
  expiresAt: Date,
): Promise<TaskResult> {
  const filename = path.slice(path.lastIndexOf('/') + 1);
  return {
    object,
    format: OutputFormat.parse(format),
    ...(frame === null ? {} : { frame }),
    path,
    bytes: size_bytes,
    sha256,
    url: await storage.url(key, { expiresAt, filename }),
    expires_at: expiresAt.toISOString(),
  };
}

/** @throws RotoError `wrong_task_status` */
export function requireCompleted({ status }: Pick<TaskRow, 'status'>): void {
  if (status === 'completed') return;
  throw new RotoError('wrong_task_status', `The task is ${status}, so there are no results.`, {
    hint: 'Wait until its status is completed.',
  });
}

function readCursor(cursor: string): string {
  const path = Buffer.from(cursor, 'base64url').toString();
  if (/^[\w./-]{1,500}$/.test(path)) return path;
  throw new RotoError('invalid_argument', 'Expected the nextCursor of the page before.', {
    param: 'cursor',
  });
}

/** Results of a task that are read at a time, for archives. */
const atOnce = 200;

/** A file in an archive: read only when its turn comes. */
export interface ArchivedFile {
  readonly path: string;
  readonly size: number;
  readonly madeAt: Date;
  read(): Promise<AsyncIterable<Uint8Array>>;
}

/** All files of a task, one after the other, laid out as a local run lays them out. */
export async function* archivedFiles(
  { db, storage }: Pick<ResultDeps, 'db' | 'storage'>,
  task: TaskRow,
): AsyncGenerator<ArchivedFile, void, void> {
  let after: string | undefined;
  for (;;) {
    const rows = await listResults(db, task.id, { after, limit: atOnce });
    for (const { path, size_bytes, key } of rows) {
      const madeAt = task.completed_at ?? task.created_at;
      yield { path, size: size_bytes, madeAt, read: () => storage.get(key) };
    }
    after = rows.at(-1)?.path;
    if (rows.length < atOnce) return;
  }
}
