import type { EngineConfig } from './engine.ts';

/**
 * Which other prompted frames of its object a run attends to, beside the one it starts from.
 * `none`: no other. `neighbour`: between two prompted frames, the one at its far end. `all`: every
 * one, and there is one run for all frames, as the published predictor of SAM 2 has it.
 */
export type Companions = 'none' | 'neighbour' | 'all';

/** How an engine's runs use companions. */
export function companionsOf({
  engine,
  rules,
}: Pick<EngineConfig, 'engine' | 'rules'>): Companions {
  if (engine === 'lite') return 'none';
  return rules?.retrack === 'all' ? 'all' : 'neighbour';
}
