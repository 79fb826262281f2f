import type { TaskProgress, TaskStatus } from '@roto/sdk/contract';

/** Where a task is, in a word. */
export const statusWords: Readonly<Record<TaskStatus, string>> = {
  pending: 'Waiting',
  processing: 'Running',
  completed: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const actionWords: Readonly<Record<string, string>> = {
  generate_masks: 'Masks',
  greenscreen: 'Greenscreen',
  export: 'Files',
};

/** What a task makes of what; without a title where the video was deleted. */
export function taskTitle(action: string, clipTitle: string | undefined): string {
  const made = actionWords[action] ?? action;
  return `${made} of ${clipTitle ?? 'a deleted video'}`;
}

const stageWords: Readonly<Record<TaskProgress['stage'], string>> = {
  fetch: 'Bringing the clip to the worker',
  track: 'Tracking',
  export: 'Writing files',
  store: 'Storing files',
};

/** How far a task is, in a line. */
export function progressWords(progress: TaskProgress): string {
  const { stage, done, total, framesPerSecond, secondsLeft } = progress;
  const isBytes = stage === 'fetch' || stage === 'store';
  const amount = isBytes
    ? `${bytesWords(done)} of ${bytesWords(total)}`
    : `${done} of ${total} frames`;
  const details = [`${stageWords[stage]}: ${amount}`];
  if (framesPerSecond !== undefined) details.push(`${framesPerSecond.toFixed(1)} frames/s`);
  if (secondsLeft !== undefined) details.push(`${secondsWords(secondsLeft)} left`);
  return details.join(' · ');
}

function secondsWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const byteUnits = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes for people, in steps of 1000, as limits are: `4.2 MB`. */
export function bytesWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 999.5 && unit < byteUnits.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 9.95 ? size.toFixed(1) : size.toFixed(0)} ${byteUnits[unit]}`;
}
