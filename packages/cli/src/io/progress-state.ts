import type { FrameRange, ProgressEvent, RunEvent } from '@roto/sdk/contract';

/** Columns a score timeline keeps, whatever the length of the shot. */
const timelineBins = 240;

/** Lowest score of an object over the frames of the run, in {@link timelineBins} equal parts. */
export interface ScoreTimeline {
  readonly name: string;
  /** Undefined where no frame of the part is done yet. */
  readonly bins: readonly (number | undefined)[];
  /** Score of the frame done last. */
  readonly latest: number | undefined;
  /** Frames the object was not found on, so far. */
  readonly lostFrames: ReadonlySet<number>;
}

/** What is known of a run, as much as a progress display needs. */
export interface ProgressState {
  /** `shot.mp4 1920x1080`, undefined before the start. */
  readonly start: Extract<RunEvent, { event: 'start' }> | undefined;
  readonly stage: ProgressEvent['stage'] | undefined;
  readonly done: number;
  readonly total: number;
  readonly reused: number;
  readonly frame: number | undefined;
  readonly framesPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  readonly range: FrameRange;
  readonly objects: ReadonlyMap<string, ScoreTimeline>;
  readonly warnings: readonly string[];
}

export const initialProgress: ProgressState = {
  start: undefined,
  stage: undefined,
  done: 0,
  total: 0,
  reused: 0,
  frame: undefined,
  framesPerSecond: undefined,
  bytesPerSecond: undefined,
  secondsLeft: undefined,
  range: { first: 0, last: 0 },
  objects: new Map(),
  warnings: [],
};

/**
 * The state after one more event. Within a stage `done` never falls and `total` never changes,
 * whatever order events come in. The export goes along beside tracking: it is told of when tracking
 * is done.
 */
export function foldProgress(
  state: ProgressState,
  event: RunEvent,
  range?: FrameRange,
): ProgressState {
  switch (event.event) {
    case 'start':
      return {
        ...state,
        start: event,
        range: range ?? { first: event.clip.firstFrame, last: event.clip.lastFrame },
        objects: new Map(event.objects.map(({ id, name }) => [String(id), emptyTimeline(name)])),
      };
    case 'progress':
      return foldStage(state, event);
    case 'warning':
      return { ...state, warnings: [...state.warnings, event.warning.message] };
    case 'result':
    case 'error':
      return state;
  }
}

function foldStage(state: ProgressState, event: ProgressEvent): ProgressState {
  const trackingGoesOn = state.stage === 'track' && state.done < state.total;
  if (event.stage === 'export' && trackingGoesOn) {
    return { ...state, objects: withScores(state, event, false) };
  }
  const sameStage = state.stage === event.stage;
  // Tasks before one that waits come and go.
  const isFixed = sameStage && event.stage !== 'queue';
  const total = isFixed ? state.total : event.total;
  const done = Math.min(Math.max(sameStage ? state.done : 0, event.done), total);
  return {
    ...state,
    stage: event.stage,
    done,
    total,
    reused: event.reused ?? (sameStage ? state.reused : 0),
    frame: event.frame ?? state.frame,
    framesPerSecond: event.framesPerSecond,
    bytesPerSecond: event.bytesPerSecond,
    secondsLeft: event.secondsLeft,
    objects: withScores(state, event, true),
  };
}

function withScores(
  state: ProgressState,
  event: ProgressEvent,
  isLatest: boolean,
): ProgressState['objects'] {
  const { frame, scores } = event;
  if (frame === undefined || scores === undefined) return state.objects;
  const objects = new Map(state.objects);
  for (const [id, score] of Object.entries(scores)) {
    const known = objects.get(id);
    if (known !== undefined)
      objects.set(id, withScore(known, { frame, score, isLatest, range: state.range }));
  }
  return objects;
}

interface ScoredFrame {
  readonly frame: number;
  readonly score: number;
  /** False for a frame that the export tells of while later ones are tracked. */
  readonly isLatest: boolean;
  readonly range: FrameRange;
}

function withScore(timeline: ScoreTimeline, scored: ScoredFrame): ScoreTimeline {
  const { frame, score, isLatest, range } = scored;
  const bin = binOf(frame, range);
  const lost = score <= 0.5;
  return {
    name: timeline.name,
    bins: timeline.bins.map((value, index) =>
      index === bin ? Math.min(value ?? 1, score) : value,
    ),
    latest: isLatest ? score : timeline.latest,
    lostFrames:
      lost && !timeline.lostFrames.has(frame)
        ? new Set([...timeline.lostFrames, frame])
        : timeline.lostFrames,
  };
}

function binOf(frame: number, { first, last }: FrameRange): number {
  const place = Math.floor(((frame - first) * timelineBins) / (last - first + 1));
  return Math.min(Math.max(place, 0), timelineBins - 1);
}

function emptyTimeline(name: string): ScoreTimeline {
  return {
    name,
    bins: Array.from({ length: timelineBins }, () => undefined),
    latest: undefined,
    lostFrames: new Set(),
  };
}

const blocks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A score timeline as a line of blocks `width` columns wide: the height is the lowest score of the
 * frames in a column, `·` where none is done yet. A shot of fewer frames than `width` takes one
 * column a frame.
 */
export function sparkline(
  bins: readonly (number | undefined)[],
  width: number,
  frames: number,
): string {
  const columns = Math.max(1, Math.min(width, frames));
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * bins.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * bins.length) / columns));
    const scores = bins.slice(from, to).filter((value) => value !== undefined);
    if (scores.length === 0) return '·';
    const level = Math.floor(Math.min(...scores) * blocks.length);
    return blocks[Math.min(Math.max(level, 0), blocks.length - 1)] ?? '·';
  }).join('');
}
