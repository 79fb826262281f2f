import type { Task } from '@roto/sdk/contract';
import { render } from 'ink';
import { envValue, type Io } from './io.ts';
import { TasksView } from './tasks-view.tsx';

/** Draws tasks on stderr, over and over in the same place. */
export function createTasksDashboard(io: Io) {
  let tasks: readonly Task[] = [];
  const color = envValue(io, 'NO_COLOR') === undefined;
  const view = () => (
    <TasksView
      tasks={tasks}
      columns={io.stderr.columns ?? 80}
      rows={io.stderr.rows ?? 24}
      color={color}
    />
  );
  const ink = render(view(), {
    stdout: io.stderr,
    stderr: io.stderr,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 12,
  });
  return {
    show(now: readonly Task[]) {
      tasks = now;
      ink.rerender(view());
    },
    async close() {
      ink.unmount();
      await ink.waitUntilExit();
    },
  };
}
