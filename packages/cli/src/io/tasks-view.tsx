import type { Task } from '@roto/sdk/contract';
import { Box, Text } from 'ink';
import { paint } from './paint.ts';
import { counted, formatBytes, formatSeconds } from './quantities.ts';
import { placeText } from './stage-words.ts';

export interface TasksViewProps {
  readonly tasks: readonly Task[];
  /** Width and height of the terminal. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** Tasks as they go: what runs first, then what waits, then what has ended. */
export function TasksView({ tasks, columns, rows, color }: TasksViewProps) {
  const order = ['processing', 'pending', 'failed', 'cancelled', 'completed'];
  const place = ({ status, queue_position = 0 }: Task) =>
    order.indexOf(status) * 10_000 + queue_position;
  const sorted = tasks.toSorted((a, b) => place(a) - place(b));
  const shown = sorted.slice(0, Math.max(1, rows - 3));
  const running = tasks.filter(({ status }) => status === 'processing').length;
  const waiting = tasks.filter(({ status }) => status === 'pending').length;
  const title = `${counted(tasks.length, 'task')}, ${running} running, ${waiting} waiting`;
  return (
    <Box flexDirection="column" width={columns}>
      <Text wrap="truncate-end">{paint(color, 'bold', title)}</Text>
      {shown.map((task) => (
        <TaskRow key={task.id} task={task} columns={columns} color={color} />
      ))}
      {sorted.length > shown.length ? (
        <Text>{`and ${sorted.length - shown.length} more`}</Text>
      ) : undefined}
    </Box>
  );
}

const statusColors = {
  pending: 'dim',
  processing: 'cyan',
  completed: 'green',
  failed: 'yellow',
  cancelled: 'yellow',
} as const;

function TaskRow({
  task,
  columns,
  color,
}: Pick<TasksViewProps, 'columns' | 'color'> & { readonly task: Task }) {
  const { id, status, credit_action } = task;
  const name = columns < 60 ? `${id.slice(0, 10)}…` : id;
  const state = paint(color, statusColors[status] ?? 'dim', status.padEnd(10));
  const head = columns < 100 ? name : `${name}  ${credit_action.padEnd(14)}`;
  return (
    <Text wrap="truncate-end">{`${head}  ${state}  ${progressOf(task, columns, color)}`}</Text>
  );
}

function progressOf(task: Task, columns: number, color: boolean): string {
  const { status, progress, queue_position: before, error_message } = task;
  if (status === 'failed') return error_message ?? '';
  if (status === 'pending') return before === undefined ? '' : placeText(before);
  if (status !== 'processing' || progress === null) return '';
  const { stage, done, total, secondsLeft } = progress;
  const isBytes = stage === 'fetch' || stage === 'store';
  const amount = isBytes ? `${formatBytes(done)}/${formatBytes(total)}` : `${done}/${total}`;
  const left = secondsLeft === undefined ? '' : `  ${formatSeconds(secondsLeft)} left`;
  const width = columns < 100 ? 10 : 20;
  const filled = total === 0 ? width : Math.min(width, Math.round((done * width) / total));
  const bar = `${paint(color, 'green', '━'.repeat(filled))}${paint(color, 'dim', '─'.repeat(width - filled))}`;
  return `${columns < 60 ? '' : `${bar}  `}${stage} ${amount}${left}`;
}
