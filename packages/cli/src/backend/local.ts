import { RotoError } from '@roto/sdk/contract/errors';
import type { Backend } from './backend.ts';

/** Without the variable the install of onnxruntime-node needs a host outside npm. */
const install = 'ONNXRUNTIME_NODE_INSTALL=skip npm install --global @roto/inference';

/**
 * The engine of this machine, loaded now: it brings the neural runtime, which takes a while and is
 * not installed everywhere.
 * @throws RotoError `engine_missing`, `engine_failed`
 */
export function loadLocalBackend(): Promise<Backend> {
  return loadLocalEngine();
}

/**
 * The same with everything it exports.
 * @throws RotoError `engine_missing`, `engine_failed`
 */
export async function loadLocalEngine(): Promise<typeof import('@roto/inference')> {
  try {
    return await import('@roto/inference');
  } catch (cause) {
    if (isNotFound(cause)) {
      throw new RotoError('engine_missing', 'The local engine of roto is not installed.', {
        hint: `Install it beside the CLI: ${install}.`,
        cause,
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RotoError('engine_failed', `The local engine of roto cannot be loaded: ${reason}`, {
      hint: `Install it again: ${install}.`,
      cause,
    });
  }
}

/** Missing itself, not something it needs: that is a broken installation and says so by name. */
function isNotFound(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes("'@roto/inference'")
  );
}
