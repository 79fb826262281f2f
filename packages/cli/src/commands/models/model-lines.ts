import type { ModelSummary } from '@roto/sdk/contract';
import { printable } from '../../io/printable.ts';
import { formatBytes } from '../../io/quantities.ts';

/** A model for a person: two lines, and a third where it is installed. */
export function modelLines(model: ModelSummary): string[] {
  const { architecture } = model;
  const kind = architecture === undefined || architecture === model.id ? '' : `${architecture}, `;
  const state = model.installed ? 'installed' : 'not installed';
  return [
    `${model.id}  ${model.engine} engine, ${kind}${formatBytes(model.bytes)}, ${state}`,
    `  licence  ${[model.licence, model.licenceUrl ?? ''].join('  ').trimEnd()}`,
    `  from     ${printable(model.source)}`,
    ...(model.path === undefined ? [] : [`  path     ${printable(model.path)}`]),
    `  sha256   ${model.sha256}`,
  ];
}
