import { json } from '../../src/db/column-types.ts';
import type { Db, Trx } from '../../src/db/types.ts';
import type { AppDeps } from '../../src/deps.ts';
import { newId } from '../../src/new-id.ts';

/** Adds a confirmed account and gives its id. */
export async function insertUser(db: Db): Promise<string> {
  const id = newId('user');
  await db
    .insertInto('users')
    .values({ id, email: `${id}@example.com`, is_confirmed: true })
    .execute();
  return id;
}

/** Adds a task that waits, and gives its id. */
export async function insertTask(db: Db | Trx, userId: string, credits = 0): Promise<string> {
  const id = newId('task');
  await db
    .insertInto('tasks')
    .values({
      id,
      user_id: userId,
      credit_action: 'generate_masks',
      credit_cost: credits,
      params: json({}),
    })
    .execute();
  return id;
}

/** Adds a worker that lives and has a model, as one reports itself. */
export async function insertWorker(
  { db, clock }: Pick<AppDeps, 'db' | 'clock'>,
  models = ['mobilesam'],
): Promise<string> {
  const id = newId('worker');
  const row = { hostname: 'here', version: '0', device: 'cpu', state: 'ready' as const };
  await db
    .insertInto('workers')
    .values({ ...row, id, models: json<readonly string[]>(models), heartbeat_at: clock() })
    .execute();
  return id;
}

/** Adds a video of one second that is ready; nothing of it is read here. */
export async function insertVideo(
  { db }: Pick<AppDeps, 'db'>,
  userId: string,
  seconds = 1,
): Promise<string> {
  const id = newId('video');
  await db
    .insertInto('videos')
    .values({
      id,
      user_id: userId,
      title: 'clip',
      kind: 'movie',
      status: 'ready',
      s3_key: id,
      video_metadata: json({
        width: 640,
        height: 360,
        rate: { num: 24, den: 1 },
        firstFrame: 0,
        lastFrame: 24 * seconds - 1,
      }),
    })
    .execute();
  return id;
}
