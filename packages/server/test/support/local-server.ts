import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** Puts a server on a port of this machine, a free one unless said, until the test ends. */
export async function listenHere(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // biome-ignore lint/plugin: a server that listens on a port has such an address
  return (server.address() as AddressInfo).port;
}

/** A request that came to a local server. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a local server answers. */
export interface LocalReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A real HTTP server that answers in JSON, and everything it was asked. */
export interface LocalServer {
  readonly port: number;
  readonly origin: string;
  readonly requests: ReceivedRequest[];
  readonly server: HttpServer;
}

export async function startLocalServer(
  answer: (request: ReceivedRequest) => LocalReply | Promise<LocalReply>,
): Promise<LocalServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = await incoming.toArray();
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    };
    requests.push(request);
    const { status = 200, headers = {}, body = {} } = await answer(request);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  const port = await listenHere(server);
  return { port, origin: `http://127.0.0.1:${port}`, requests, server };
}
