import { RotoError } from '@roto/sdk/contract';
import type { Engine, EngineConfig } from './engine.ts';
import { createLiteEngine } from './lite/lite-engine.ts';

/** Loads the engine a config asks for, in the thread it is called in. */
export async function createEngine(config: EngineConfig): Promise<Engine> {
  if (config.engine === 'lite') return createLiteEngine(config);
  throw new RotoError('model_missing', 'The sam2 engine is not part of this version of roto.', {
    param: 'engine',
    hint: 'Use the lite engine.',
  });
}
