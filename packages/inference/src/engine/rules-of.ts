import { presetPartNames, type ShotEngine } from '@roto/sdk/contract';
import { resolveRules, type Sam2Rules } from './sam2/presets.ts';

/** How trackers of the sam2 engine are to work for a shot: its preset, and what it chose apart. */
export function rulesOf(asked: ShotEngine): Sam2Rules {
  const parts = presetPartNames.flatMap((name) =>
    asked[name] === undefined ? [] : [[name, asked[name]]],
  );
  return resolveRules({ preset: asked.preset, ...Object.fromEntries(parts) });
}
