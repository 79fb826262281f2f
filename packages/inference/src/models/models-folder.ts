import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import type { Environment } from '../environment.ts';

/** Where installed models lie: `ROTO_MODELS_DIR`, else `roto/models` of the XDG data folder. */
export function modelsFolder(env: Environment = process.env): string {
  const own = env['ROTO_MODELS_DIR'];
  if (own !== undefined && own !== '') return resolve(own);
  const xdg = env['XDG_DATA_HOME'];
  const data = xdg === undefined || xdg === '' ? join(homedir(), '.local', 'share') : xdg;
  return join(data, 'roto', 'models');
}

const modelName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The folder of the model `name`, which is one plain folder name below the models.
 * @throws RotoError `invalid_argument` where the name is no such name
 */
export function modelFolder(name: string, env: Environment = process.env): string {
  if (!modelName.test(name)) {
    throw new RotoError(
      'invalid_argument',
      `Expected a model's name of letters, digits, dots, dashes and underscores but received ${JSON.stringify(name.slice(0, 80))}.`,
      { param: 'model', hint: 'A name starts with a letter or digit and has at most 64 of them.' },
    );
  }
  return join(modelsFolder(env), name);
}
