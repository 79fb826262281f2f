import { RotoError } from '@roto/sdk/contract';
import { outputFailure } from '../export/output-failure.ts';

/** A failed file operation in the models folder as `disk_full` or `output_unwritable`. */
export function storeFailure(cause: unknown, path: string): unknown {
  const failure = outputFailure(cause, path);
  if (failure === cause || !(failure instanceof RotoError)) return cause;
  return new RotoError(failure.code, failure.message, {
    hint: 'Set ROTO_MODELS_DIR to a folder that can be written and has room.',
    cause,
  });
}
