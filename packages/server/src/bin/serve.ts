import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RotoError } from '@roto/sdk/contract';
import { systemClock } from '../clock.ts';
import { type Config, type ConfigFlags, type Environment, examineEnvironment } from '../config.ts';
import { createLog, type Log } from '../log.ts';
import { requireMediaTools } from '../media/require-media-tools.ts';
import { openDatabase, openService } from '../open-service.ts';
import { requireAll } from '../require-all.ts';
import { startChecks } from '../start-checks.ts';

/** How the service is started. */
export interface ServeOptions {
  readonly env: Environment;
  /** Folder that a relative data folder starts from. */
  readonly cwd: string;
  readonly flags?: ConfigFlags;
  /** Made from the configuration unless given. */
  readonly log?: Log;
}

/** A service that answers. */
export interface RunningServer {
  /** Where it does: `http://127.0.0.1:8000`. */
  readonly origin: string;
  /** Takes no more requests, lets those under way and jobs end, and closes everything. */
  stop(): Promise<void>;
}

/** Milliseconds that requests under way are waited for. */
const patienceMs = 10_000;

/**
 * Starts the service: resolves once it answers. What keeps it from starting is said all at once, and
 * nothing was touched then.
 * @throws RotoError `invalid_config`, `data_locked`, `port_in_use`
 */
export async function serve({ env, cwd, flags, log: given }: ServeOptions): Promise<RunningServer> {
  const examined = examineEnvironment(env, flags, cwd);
  const { config, wrong } = examined;
  const log = given ?? createLog(config.logLevel);
  const server = createServer();
  const stopping = new AbortController();
  try {
    const isPortKnown = flags?.port !== undefined || !wrong.has('ROTO_PORT');
    const listening = isPortKnown ? listen(server, config.host, config.port) : Promise.resolve('');
    const { signal } = stopping;
    await requireAll([listening, ...startChecks({ examined, log, signal })]);
    const origin = await listening;
    if (!config.production) warnOfMediaTools(config, log, signal);
    const database = await openDatabase(config, log);
    const ownOrigin = () => origin;
    const service = await openService(database, {
      config,
      clock: systemClock,
      log,
      ownOrigin,
    }).catch(async (error: unknown) => {
      await database.close();
      throw error;
    });
    server.on('request', getRequestListener(service.app.fetch));
    log.info({ origin, database: database.kind, data: config.data }, 'roto answers');
    return {
      origin,
      async stop() {
        stopping.abort(new Error('The service stops.'));
        service.endStreams();
        await close(server);
        await service.close();
        log.info('roto has stopped');
      },
    };
  } catch (error) {
    stopping.abort(error);
    await close(server);
    throw error;
  }
}

/** Nobody waits for it. */
function warnOfMediaTools(config: Config, log: Log, signal: AbortSignal): void {
  requireMediaTools(config, log, signal).catch((error: unknown) =>
    log.debug({ err: error }, 'ffmpeg was not looked for'),
  );
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw listenFailure(cause, host, port);
  }
  // biome-ignore lint/plugin: a server that listens on a port has such an address
  const { port: taken } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}

function listenFailure(cause: unknown, host: string, port: number): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new RotoError('port_in_use', `Another program listens on ${host} port ${port}.`, {
      param: 'port',
      hint: 'Stop it, or choose another port.',
      cause,
    });
  }
  if (
    code === 'EACCES' ||
    code === 'EADDRNOTAVAIL' ||
    code === 'ENOTFOUND' ||
    code === 'EAI_AGAIN'
  ) {
    return new RotoError('invalid_config', `Cannot listen on ${host} port ${port} (${code}).`, {
      param: 'host',
      cause,
    });
  }
  return cause;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const impatient = setTimeout(() => server.closeAllConnections(), patienceMs);
  await closed;
  clearTimeout(impatient);
}
