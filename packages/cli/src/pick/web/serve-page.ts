import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RotoError } from '@roto/sdk/contract';
import type { Hono } from 'hono';

/** Nobody but this machine can reach it. */
const loopback = '127.0.0.1';

/** How long an answer under way may take when the page ends. */
const graceMs = 300;

/** A page that answers. */
export interface ServedPage {
  /** `http://127.0.0.1:49152`. */
  readonly origin: string;
  /** Ends every connection, once what is being answered was sent. */
  close(): Promise<void>;
}

/**
 * Puts an app on a port of this machine; a free one for 0.
 * @throws RotoError `port_in_use`, `invalid_argument`
 */
export async function servePage(app: Hono, port: number): Promise<ServedPage> {
  const server = createServer(getRequestListener(app.fetch));
  await listening(server, port);
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    origin: `http://${loopback}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        // What is being answered, such as that somebody is done, gets there first.
        const late = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
      }),
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      const code = isTaken ? 'port_in_use' : 'invalid_argument';
      const reason = isTaken ? 'another program listens on it' : cause.message;
      reject(
        new RotoError(code, `Port ${port} cannot be used: ${reason}.`, {
          param: '--port',
          hint: 'Choose another one, or leave --port out for a free one.',
          cause,
        }),
      );
    });
    server.listen(port, loopback, () => resolve());
  });
}
