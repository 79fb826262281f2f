import type { ProgressEvent } from '@roto/sdk/contract';
import type { ProgressState } from './progress-state.ts';
import { counted, formatBytes, formatSpeed } from './quantities.ts';

const byteStages: readonly ProgressEvent['stage'][] = ['upload', 'fetch', 'store', 'download'];

/** How much of a stage is done: `12 of 100`, in bytes where those are counted. */
export function amountOf({ stage, done, total }: ProgressState, between: string): string {
  if (stage === undefined || !byteStages.includes(stage)) return `${done}${between}${total}`;
  return `${formatBytes(done)}${between}${formatBytes(total)}`;
}

/** How fast a stage goes, where that is known. */
export function speedOf(state: ProgressState): string | undefined {
  const { bytesPerSecond, framesPerSecond } = state;
  if (bytesPerSecond !== undefined) return `${formatBytes(bytesPerSecond)}/s`;
  return formatSpeed(framesPerSecond);
}

/** A task that waits for a worker. */
export function queueWords({ total }: Pick<ProgressState, 'total'>): string {
  return total === 0
    ? 'waiting for a worker'
    : `waiting for a worker, ${counted(total, 'task')} before it`;
}

/** The place of a task among those that wait. */
export function placeText(before: number): string {
  return before === 0 ? 'next' : `${counted(before, 'task')} before it`;
}
