import type { RunEvent } from '@roto/sdk/contract';

/** Milliseconds of a transfer before its rate means something. */
const settledMs = 500;

/** Turns how far a transfer is into events with its rate and the time left. */
export function transferEvents(
  stage: 'upload' | 'download',
  onEvent: ((event: RunEvent) => void) | undefined,
  now: () => number = () => performance.now(),
): (done: number, total: number) => void {
  let began: { readonly ms: number; readonly done: number } | undefined;
  return (done, total) => {
    if (total === 0) return;
    began ??= { ms: now(), done };
    const ms = now() - began.ms;
    const bytesPerSecond = ms < settledMs ? 0 : ((done - began.done) * 1000) / ms;
    onEvent?.({
      event: 'progress',
      stage,
      done,
      total,
      ...(bytesPerSecond > 0 && done < total
        ? { bytesPerSecond, secondsLeft: (total - done) / bytesPerSecond }
        : {}),
    });
  };
}
