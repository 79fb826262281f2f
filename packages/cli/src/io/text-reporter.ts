import type { RunEvent } from '@roto/sdk/contract';
import { type Io, writeLine } from './io.ts';
import { printable } from './printable.ts';
import { foldProgress, initialProgress, type ProgressState } from './progress-state.ts';
import { counted, formatRange, formatRate, formatSeconds } from './quantities.ts';
import type { Reporter } from './reporter.ts';
import { amountOf, queueWords, speedOf } from './stage-words.ts';

/** Plain lines on stderr: one at the start, one every 10 % of a stage, one for each warning. */
export function createTextReporter(io: Io): Reporter {
  let state = initialProgress;
  let tenths = 0;
  return {
    onEvent(event) {
      const before = state;
      state = foldProgress(state, event);
      if (event.event === 'start') writeLine(io.stderr, startLine(event));
      if (event.event === 'warning') writeLine(io.stderr, warningLine(event.warning.message));
      if (event.event !== 'progress') return;
      if (state.stage === 'queue') {
        const isNews = before.stage !== 'queue' || before.total !== state.total;
        if (isNews) writeLine(io.stderr, queueWords(state));
        return;
      }
      if (state.total === 0) return;
      if (before.stage !== state.stage) tenths = 0;
      const reached = Math.floor((state.done * 10) / state.total);
      if (reached <= tenths) return;
      tenths = reached;
      writeLine(io.stderr, progressLine(state));
    },
    close: () => Promise.resolve(),
  };
}

/** `shot.mp4: 1920x1080, 24 fps, frames 1001-1100; lite engine (mobile-sam) on cpu`. */
function startLine(event: Extract<RunEvent, { event: 'start' }>): string {
  const { clip, engine, model, device } = event;
  const frames = formatRange({ first: clip.firstFrame, last: clip.lastFrame });
  const size = `${clip.width}x${clip.height}, ${formatRate(clip.rate)}, frames ${frames}`;
  return `${printable(clip.path)}: ${size}; ${engine} engine (${model.id}) on ${device}`;
}

/** A warning on a line of its own. */
function warningLine(message: string): string {
  return `warning: ${printable(message)}`;
}

function progressLine(state: ProgressState): string {
  const { stage, done, total, secondsLeft, reused } = state;
  const percent = Math.floor((done * 100) / total);
  const details = [amountOf(state, ' of ')];
  if (reused > 0) details.push(`${counted(reused, 'frame')} from the cache`);
  const speed = speedOf(state);
  if (speed !== undefined) details.push(speed);
  if (speed !== undefined && secondsLeft !== undefined && done < total) {
    details.push(`${formatSeconds(secondsLeft)} left`);
  }
  return `${stage ?? ''} ${percent} % (${details.join(', ')})`;
}
