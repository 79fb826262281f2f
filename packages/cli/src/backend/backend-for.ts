import type { ConnectionOptions } from '../config/connection.ts';
import type { Io } from '../io/io.ts';
import { openServer } from '../server/open-server.ts';
import type { LoadBackend, ShotBackend } from './backend.ts';

/** What says where shots run. */
export interface PlaceOptions extends ConnectionOptions {
  readonly local?: boolean | undefined;
}

/**
 * This machine with `--local`, else the configured server.
 * @throws RotoError `unauthenticated` naming both ways, where there is neither
 */
export async function backendFor(
  options: PlaceOptions,
  { io, loadBackend }: { readonly io: Io; readonly loadBackend: LoadBackend },
): Promise<ShotBackend> {
  if (options.local === true) return loadBackend();
  const server = await openServer(io, options, 'server or --local');
  // With it come the client and the PNG reader, which local runs do without.
  const { RemoteBackend } = await import('./remote/remote.ts');
  return new RemoteBackend(server, io);
}
