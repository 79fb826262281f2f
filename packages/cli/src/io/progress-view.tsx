import { Box, Text } from 'ink';
import { paint } from './paint.ts';
import { printable } from './printable.ts';
import { type ProgressState, type ScoreTimeline, sparkline } from './progress-state.ts';
import { formatFrames, formatRange, formatRate, formatSeconds } from './quantities.ts';
import { amountOf, queueWords, speedOf } from './stage-words.ts';

export interface ProgressViewProps {
  readonly state: ProgressState;
  /** Width of the terminal. */
  readonly columns: number;
  readonly color: boolean;
  /** False for the last picture, which stays in the terminal. */
  readonly running: boolean;
}

/** A run as it goes: the clip, the engine, the stage, and how sure each object is over the shot. */
export function ProgressView({ state, columns, color, running }: ProgressViewProps) {
  const names = [...state.objects.values()].map(({ name }) => name.length);
  const nameWidth = Math.min(Math.max(...names, 0), Math.max(6, Math.floor(columns / 4)));
  return (
    <Box flexDirection="column" width={columns}>
      <Header state={state} color={color} />
      <StageLine state={state} columns={columns} color={color} running={running} />
      {[...state.objects].map(([id, timeline]) => (
        <ObjectLine
          key={id}
          timeline={timeline}
          frames={state.range.last - state.range.first + 1}
          nameWidth={nameWidth}
          columns={columns}
          color={color}
        />
      ))}
      {state.warnings.map((message) => (
        <Text key={message} wrap="wrap">
          {paint(color, 'yellow', `! ${printable(message)}`)}
        </Text>
      ))}
    </Box>
  );
}

function Header({ state, color }: Pick<ProgressViewProps, 'state' | 'color'>) {
  if (state.start === undefined) {
    return state.stage === undefined ? <Text>opening the clip</Text> : undefined;
  }
  const { clip, engine, model, device } = state.start;
  const file = clip.path.split('/').at(-1) ?? clip.path;
  return (
    <>
      <Text wrap="truncate-end">
        {`${printable(file)}  ${clip.width}x${clip.height}  ${formatRate(clip.rate)}  frames ${formatRange(state.range)}`}
      </Text>
      <Text wrap="truncate-end">
        {paint(color, 'dim', `${engine} engine, ${model.id}, on ${device}`)}
      </Text>
    </>
  );
}

function StageLine({ state, columns, color, running }: ProgressViewProps) {
  if (state.start === undefined && state.stage === undefined) return undefined;
  if (state.stage === 'queue') return running ? <Text>{queueWords(state)}</Text> : undefined;
  if (state.stage === undefined || state.total === 0) {
    return running ? <Text>loading the engine</Text> : undefined;
  }
  const { stage, done, total, secondsLeft, reused } = state;
  const speed = speedOf(state);
  const timed = running && speed !== undefined && secondsLeft !== undefined;
  const facts = [
    amountOf(state, '/'),
    ...(speed === undefined ? [] : [speed]),
    ...(timed ? [`${formatSeconds(secondsLeft)} left`] : []),
    ...(reused > 0 ? [`${reused} from the cache`] : []),
  ].join('  ');
  const barWidth = Math.min(30, columns - stage.length - facts.length - 4);
  const filled = Math.round((barWidth * done) / total);
  const bar =
    barWidth < 8
      ? ''
      : `${paint(color, 'green', '━'.repeat(filled))}${paint(color, 'dim', '─'.repeat(barWidth - filled))}  `;
  return <Text wrap="truncate-end">{`${paint(color, 'bold', stage)}  ${bar}${facts}`}</Text>;
}

interface ObjectLineProps {
  readonly timeline: ScoreTimeline;
  /** Frames of the run. */
  readonly frames: number;
  readonly nameWidth: number;
  readonly columns: number;
  readonly color: boolean;
}

function ObjectLine({ timeline, frames, nameWidth, columns, color }: ObjectLineProps) {
  const { name, bins, latest, lostFrames } = timeline;
  const line = sparkline(bins, Math.max(4, Math.min(60, columns - nameWidth - 10)), frames);
  const lost = latest !== undefined && latest <= 0.5;
  const score = latest === undefined ? '' : `  ${latest.toFixed(2)}`;
  return (
    <>
      <Text wrap="truncate-end">
        {`${shortened(name, nameWidth)}  ${paint(color, lost ? 'yellow' : 'cyan', line)}${score}`}
      </Text>
      {lostFrames.size > 0 ? (
        <Text wrap="truncate-end">
          {paint(color, 'yellow', `! ${name} is not found on ${formatFrames([...lostFrames], 3)}`)}
        </Text>
      ) : undefined}
    </>
  );
}

function shortened(name: string, width: number): string {
  return name.length <= width ? name.padEnd(width) : `${name.slice(0, width - 1)}…`;
}
