import type { Clock } from '../clock.ts';
import { addFiles } from '../db/queries/files.ts';
import type { TaskRow } from '../db/queries/tasks.ts';
import type { FilesTable } from '../db/tables/clips.ts';
import type { Trx } from '../db/types.ts';
import { newId } from '../new-id.ts';
import { contentTypeOf } from '../storage/keys.ts';

/** Rows that one statement adds: a task has thousands of files, and a statement has few parameters. */
const atOnce = 500;

/** A file of a task that lies in storage. */
export interface TaskFile {
  readonly key: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Notes files of a task, within the transaction that makes them the task's; the database counts them
 * against the account.
 * @returns the ids of their rows, in the same order
 */
export async function addTaskFiles(
  trx: Trx,
  { clock }: { readonly clock: Clock },
  task: Pick<TaskRow, 'id' | 'user_id' | 'video_id'>,
  category: FilesTable['category'],
  files: readonly TaskFile[],
): Promise<string[]> {
  const now = clock();
  const rows = files.map(({ key, size, sha256 }) => ({
    id: newId('file'),
    user_id: task.user_id,
    video_id: task.video_id,
    task_id: task.id,
    key,
    category,
    size_bytes: size,
    sha256,
    content_type: contentTypeOf(key),
    created_at: now,
  }));
  for (let from = 0; from < rows.length; from += atOnce) {
    await addFiles(trx, rows.slice(from, from + atOnce));
  }
  return rows.map(({ id }) => id);
}
