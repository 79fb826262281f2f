import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';

/** A request as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A real server on this machine. */
export interface LocalServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Connections that clients ended before the reply was whole. */
  readonly left: () => number;
}

/** Listens until it is disposed of; `answer` is told how many requests came before. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, index: number) => unknown,
): Promise<LocalServer> {
  const requests: SeenRequest[] = [];
  let left = 0;
  const listener: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request;
    const index = requests.push({ method, url, headers }) - 1;
    response.once('close', () => {
      if (!response.writableFinished) left += 1;
    });
    void answer(request, response, index);
  };
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    left: () => left,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with JSON. */
export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
