import { presetPartNames, type ShotEngine } from '@roto/sdk/contract';
import type { TrackerRules } from './engine.ts';

/** How trackers of the sam2 engine are to work, as far as a shot says it. */
export function rulesOf(asked: ShotEngine): TrackerRules {
  const parts = presetPartNames.flatMap((name) =>
    asked[name] === undefined ? [] : [[name, asked[name]]],
  );
  return { preset: asked.preset, ...Object.fromEntries(parts) };
}
