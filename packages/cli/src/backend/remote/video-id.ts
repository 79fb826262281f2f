import { idOf } from '@roto/sdk/contract';

const VideoId = idOf('video');
const TaskId = idOf('task');

/** Whether a word names a video of a server and not a path. */
export function isVideoId(word: string): boolean {
  return VideoId.safeParse(word).success;
}

/** Whether a word names a task of a server. */
export function isTaskId(word: string): boolean {
  return TaskId.safeParse(word).success;
}
