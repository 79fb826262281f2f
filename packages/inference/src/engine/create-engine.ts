import type { Engine, EngineConfig } from './engine.ts';
import { createLiteEngine } from './lite/lite-engine.ts';
import { createSam2Engine } from './sam2/sam2-engine.ts';

/** Loads the engine a config asks for, in the thread it is called in. */
export function createEngine(config: EngineConfig): Promise<Engine> {
  return config.engine === 'lite' ? createLiteEngine(config) : createSam2Engine(config);
}
