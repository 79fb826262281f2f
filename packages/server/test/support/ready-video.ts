import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createSyntheticClip } from '../../../inference/test/support/synthetic-clip.ts';
import { writeMovie } from '../../../inference/test/support/write-movie.ts';
import { json } from '../../src/db/column-types.ts';
import type { Db } from '../../src/db/types.ts';
import { newId } from '../../src/new-id.ts';
import { videoPrefix } from '../../src/storage/keys.ts';
import type { Storage } from '../../src/storage/storage.ts';

export const clipSize = { width: 96, height: 64 };

/** A small movie with an object that moves, and a click on it in its first frame. */
export async function makeClip(frames = 6): Promise<{ path: string; click: [number, number] }> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-clip-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clip = createSyntheticClip({ ...clipSize, frames, span: 48, pillar: false });
  const path = join(folder, 'clip.mp4');
  const pictures = Array.from({ length: frames }, (_, index) => clip.frame(index).rgb);
  await writeMovie(path, { ...clipSize, frames: pictures });
  const [click] = clip.clicks;
  return { path, click: [click?.x ?? 0, click?.y ?? 0] };
}

/** Adds a movie as a video that is ready, as an upload leaves it, and gives its id. */
export async function addReadyVideo(
  { db, storage }: { readonly db: Db; readonly storage: Storage },
  userId: string,
  path: string,
  frames = 6,
): Promise<string> {
  const id = newId('video');
  const key = `${videoPrefix(userId, id)}original.mp4`;
  const put = await storage.put(key, createReadStream(path));
  await db
    .insertInto('videos')
    .values({
      id,
      user_id: userId,
      title: 'clip.mp4',
      kind: 'movie',
      status: 'ready',
      s3_key: key,
      video_metadata: json({
        ...clipSize,
        rate: { num: 24, den: 1 },
        firstFrame: 0,
        lastFrame: frames - 1,
      }),
    })
    .execute();
  await db
    .insertInto('files')
    .values({
      id: newId('file'),
      user_id: userId,
      video_id: id,
      key,
      category: 'videos',
      size_bytes: (await stat(path)).size,
      sha256: put.sha256,
    })
    .execute();
  return id;
}
