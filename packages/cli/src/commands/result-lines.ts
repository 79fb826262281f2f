import type { Result } from '@roto/sdk/contract';
import { printable } from '../io/printable.ts';
import { counted, formatFrames, formatSeconds } from '../io/quantities.ts';

/**
 * A result for a person: what was found of each object, the files, and how to go on. Warnings are
 * part of it unless progress has told of them already.
 */
export function resultLines(
  result: Result,
  { warningsTold = false }: { readonly warningsTold?: boolean } = {},
): string[] {
  const { objects, outputs, engine, model, device, track, timings } = result;
  const warnings = warningsTold ? [] : result.warnings;
  const nameWidth = Math.max(0, ...objects.map(({ name }) => name.length));
  const formatWidth = Math.max(0, ...outputs.map(({ format }) => format.length));
  const total = timings['total'];
  return [
    ...objects.map((object) => `${object.name.padEnd(nameWidth)}  ${presence(object)}`),
    ...outputs.map(({ format, path }) => `${format.padEnd(formatWidth)}  ${printable(path)}`),
    ...warnings.map(({ message }) => `warning: ${printable(message)}`),
    `${engine} engine (${model.id}, ${model.sha256.slice(0, 8)}) on ${device}${total === undefined ? '' : `, ${formatSeconds(total)}`}`,
    track.startsWith('tsk_')
      ? `task ${track}: other formats with roto export ${track}`
      : `track ${track}: other formats with roto export ${track} --local`,
  ];
}

function presence({ frames }: Result['objects'][number]): string {
  const lost = frames.filter(({ present }) => !present).map(({ frame }) => frame);
  const seen = frames.length - lost.length;
  if (lost.length === 0) return `found on all ${counted(frames.length, 'frame')}`;
  return `found on ${seen} of ${counted(frames.length, 'frame')}, not on ${formatFrames(lost)}`;
}
