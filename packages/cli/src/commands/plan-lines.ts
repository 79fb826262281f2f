import type { Plan } from '@roto/sdk/contract';
import { printable } from '../io/printable.ts';
import { counted, formatBytes, formatRange, formatRate, formatSeconds } from '../io/quantities.ts';

const states = {
  new: 'would be written',
  overwrite: 'would be replaced',
  refused: 'refused: is there already, --overwrite replaces it',
} as const satisfies Record<Plan['files'][number]['state'], string>;

/** A plan for a person. */
export function planLines(plan: Plan): string[] {
  const { clip, engine, model, device } = plan;
  const range = formatRange({ first: plan.firstFrame, last: plan.lastFrame });
  const short = plan.diskBytes > plan.freeBytes ? ' - not enough' : '';
  return [
    `clip    ${printable(clip.path)}, ${clip.width}x${clip.height}, ${formatRate(clip.rate)}`,
    `frames  ${range} (${counted(plan.frames, 'frame')})${stepsText(plan)}`,
    `engine  ${engine} (${model.id}${model.sha256 === undefined ? '' : `, ${model.sha256.slice(0, 8)}`}) on ${device}`,
    ...timeLines(plan),
    ...(plan.credits === undefined ? [] : [`cost    ${counted(plan.credits, 'credit')} at most`]),
    `disk    about ${formatBytes(plan.diskBytes)} of ${formatBytes(plan.freeBytes)} free${short}`,
    ...plan.files.map(({ path, state }) => `file    ${printable(path)} ${states[state]}`),
    ...plan.warnings.map(({ message }) => `warning: ${printable(message)}`),
  ];
}

function stepsText({ stepsToTrack }: Plan): string {
  return stepsToTrack === undefined ? '' : `, ${counted(stepsToTrack, 'step')} to track`;
}

function timeLines({ stepsToTrack, estimatedSeconds }: Plan): string[] {
  if (stepsToTrack === 0) return ['time    all of it is tracked already'];
  if (estimatedSeconds === undefined) return [];
  return [`time    about ${formatSeconds(estimatedSeconds)} to track`];
}
