import type { ProgressEvent, RotoError } from '@roto/sdk/contract';
import type { ProgressState } from '../io/progress-state.ts';
import { formatSeconds } from '../io/quantities.ts';
import { amountOf, queueWords } from '../io/stage-words.ts';

/** How the run of a desk is. */
export type RunView =
  | { readonly state: 'idle' | 'stopped' }
  | {
      readonly state: 'running';
      readonly text: string;
      /** How much of its stage is done, 0 to 1, where that is known. */
      readonly part?: number;
    }
  | { readonly state: 'done'; readonly lines: readonly string[] }
  | {
      readonly state: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    };

const stages: Readonly<Record<Exclude<ProgressEvent['stage'], 'queue'>, string>> = {
  upload: 'sending the clip',
  fetch: 'fetching the clip',
  track: 'tracking',
  export: 'writing',
  store: 'storing',
  download: 'downloading',
};

/** A run under way. */
export function runningView(progress: ProgressState): RunView {
  const { stage, done, total, secondsLeft } = progress;
  if (stage === undefined) return { state: 'running', text: 'starting' };
  if (stage === 'queue') return { state: 'running', text: queueWords(progress) };
  if (total === 0) return { state: 'running', text: stages[stage] };
  const left = secondsLeft === undefined ? '' : `, ${formatSeconds(secondsLeft)} left`;
  const text = `${stages[stage]} ${amountOf(progress, ' of ')}${left}`;
  return { state: 'running', text, part: done / total };
}

/** A run that failed. */
export function failedView({ code, message, hint }: RotoError): RunView {
  return { state: 'failed', code, message, ...(hint === undefined ? {} : { hint }) };
}
