import type { Task } from '@roto/sdk/contract';
import { printable } from '../../io/printable.ts';
import { counted, formatBytes, formatSeconds } from '../../io/quantities.ts';
import { placeText } from '../../io/stage-words.ts';
import { shortTime } from '../list-options.ts';

/** A task in one row of a list. */
export function taskRow(task: Task): string[] {
  const { id, credit_action, status, created_at, video_id } = task;
  return [id, credit_action, status, progressText(task), shortTime(created_at), video_id ?? '-'];
}

/** How far a task is: `track 12/100`, or where it waits its place. */
export function progressText({ status, progress, queue_position: before }: Task): string {
  if (status === 'pending' && before !== undefined) return placeText(before);
  if (status !== 'processing' || progress === null) return '';
  const { stage, done, total } = progress;
  const isBytes = stage === 'fetch' || stage === 'store';
  const amount = isBytes ? `${formatBytes(done)}/${formatBytes(total)}` : `${done}/${total}`;
  return `${stage} ${amount}`;
}

/** A task for a person. */
export function taskLines(task: Task): string[] {
  const { id, credit_action, status, credit_cost, model, device, quality, attempts } = task;
  const left = task.progress?.secondsLeft;
  const progress = progressText(task);
  return [
    `${id}  ${credit_action}, ${status}${progress === '' ? '' : `, ${progress}`}${status === 'processing' && left !== undefined ? `, ${formatSeconds(left)} left` : ''}`,
    `  of ${task.video_id ?? 'a video that was deleted'}, ${counted(credit_cost, 'credit')}, ${counted(attempts, 'attempt')}`,
    `  ${[quality, model, device].filter((word) => word !== null).join(', ')}`,
    `  asked for ${shortTime(task.created_at)} UTC${task.completed_at === null ? '' : `, ended ${shortTime(task.completed_at)} UTC`}`,
    ...(task.error_message === null ? [] : [`  ${printable(task.error_message)}`]),
  ];
}
