import { RotoError } from '@roto/sdk/contract';

const install = 'ONNXRUNTIME_NODE_INSTALL=skip npm install --global @roto/server';

/** The service, loaded now: only the commands that run it need it. */
export type ServerModule = typeof import('@roto/server');

/**
 * Loads the service of this machine.
 * @throws RotoError `engine_missing`
 */
export async function loadServer(): Promise<ServerModule> {
  try {
    return await import('@roto/server');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RotoError('engine_missing', `The service of roto cannot be loaded: ${reason}`, {
      hint: `Install it beside the CLI: ${install}.`,
      cause,
    });
  }
}
