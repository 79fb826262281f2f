import type { FrameRange } from '@roto/sdk/contract';
import { render } from 'ink';
import { envValue, type Io } from './io.ts';
import { foldProgress, initialProgress } from './progress-state.ts';
import { ProgressView } from './progress-view.tsx';
import type { Reporter } from './reporter.ts';

/** Draws the progress of a run on stderr, over and over in the same place. */
export function createInkReporter(io: Io, range?: FrameRange): Reporter {
  let state = initialProgress;
  const color = envValue(io, 'NO_COLOR') === undefined;
  const view = (running: boolean) => (
    <ProgressView state={state} columns={io.stderr.columns ?? 80} color={color} running={running} />
  );
  const ink = render(view(true), {
    stdout: io.stderr,
    stderr: io.stderr,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 12,
  });
  return {
    onEvent(event) {
      state = foldProgress(state, event, range);
      ink.rerender(view(true));
    },
    async close() {
      ink.rerender(view(false));
      ink.unmount();
      await ink.waitUntilExit();
    },
  };
}
