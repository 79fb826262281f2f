import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as it came. */
export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Buffer;
  /** Byte the request asks to begin at. */
  readonly from: number;
  /** How many requests came before. */
  readonly index: number;
}

export type Behaviour = (exchange: Exchange) => Promise<void> | void;

/** A server of one file on this machine. */
export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
}

/** Serves `content`, answering as `behave` does: {@link serveWell} unless told otherwise. */
export async function serveFile(
  content: Buffer,
  behave: Behaviour = serveWell,
): Promise<FileServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const { range, 'if-range': ifRange } = request.headers;
    const index = requests.push({
      path: request.url ?? '',
      range,
      ifRange: typeof ifRange === 'string' ? ifRange : undefined,
    });
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    void behave({ request, response, content, from, index: index - 1 });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/models/`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const etag = '"v1"';

/** As a good server: ranges, and a version. */
export function serveWell(exchange: Exchange): void {
  const { response, content } = exchange;
  begin(exchange);
  response.write(content.subarray(startOf(exchange)));
  response.end();
}

/** The head of a good answer. */
export function begin(exchange: Exchange, tag = etag): void {
  const { response, content } = exchange;
  const start = startOf(exchange, tag);
  const length = content.length - start;
  response.writeHead(start > 0 ? 206 : 200, {
    etag: tag,
    'content-length': length,
    ...(start > 0
      ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }
      : {}),
  });
}

/** Where the answer begins: at the range asked for, where the version is the one meant. */
export function startOf({ request, from }: Exchange, tag = etag): number {
  const condition = request.headers['if-range'];
  return condition === undefined || condition === tag ? from : 0;
}

/**
 * Sends part of the answer, then breaks the connection, once the part has come to lie in the file
 * `into`: what arrives together with the break may be lost to the reader.
 */
export async function dropAfter(exchange: Exchange, bytes: number, into: string): Promise<void> {
  const { response, content } = exchange;
  begin(exchange);
  const start = startOf(exchange);
  response.write(content.subarray(start, start + bytes));
  const size = async () => (await stat(into).catch(() => ({ size: 0 }))).size;
  while (!response.closed && (await size()) < start + bytes) await sleep(5);
  response.destroy();
}
