import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, type LocalServer, serve } from './local-server.ts';

/** What goes wrong with one request on its way. */
export type Fault =
  /** The connection ends before the server sees the request. */
  | { readonly kind: 'drop-request' }
  /** The server answers, and the connection ends before any of it arrives. */
  | { readonly kind: 'drop-reply' }
  /** The connection ends after these bytes of the request's body. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number }
  /** The connection ends after these bytes of the reply's body. */
  | { readonly kind: 'cut-reply'; readonly afterBytes: number }
  /** The request is held for a while. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The request arrives twice; the second reply is passed on. */
  | { readonly kind: 'duplicate' };

/** A proxy before `target` that does to request number `index` what `plan` says. */
export function faultProxy(
  target: string,
  plan: (index: number, request: IncomingMessage) => Fault | undefined,
): Promise<LocalServer> {
  return serve(async (request, response, index) => {
    const fault = plan(index, request);
    try {
      await pass({ target, request, response }, fault);
    } catch {
      // What a broken connection does here is what the test is about.
      response.destroy();
    }
  });
}

interface Passing {
  readonly target: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function pass(passing: Passing, fault: Fault | undefined): Promise<void> {
  const { response } = passing;
  switch (fault?.kind) {
    case 'drop-request':
      response.destroy();
      return;
    case 'drop-reply':
      (await ask(passing, await bodyOf(passing.request))).resume();
      response.destroy();
      return;
    case 'cut-request':
      await cutRequest(passing, fault.afterBytes);
      return;
    case 'duplicate': {
      const body = await bodyOf(passing.request);
      (await ask(passing, body)).resume();
      await giveBack(passing, await ask(passing, body), Number.POSITIVE_INFINITY);
      return;
    }
    case 'delay': {
      // Read first: it arrives late, but it arrives, even where the client has left.
      const body = await bodyOf(passing.request);
      await sleep(fault.ms);
      await giveBack(passing, await ask(passing, body), Number.POSITIVE_INFINITY);
      return;
    }
    default:
  }
  const bytes = fault?.kind === 'cut-reply' ? fault.afterBytes : Number.POSITIVE_INFINITY;
  await giveBack(passing, await ask(passing, passing.request), bytes);
}

/** Sends the request on, and resolves to the head of the reply. */
function ask(
  { target, request }: Passing,
  body: Buffer | IncomingMessage,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers } = request;
    const upstream = send(`${target}${request.url}`, { method, headers }, resolve);
    upstream.once('error', reject);
    if (Buffer.isBuffer(body)) upstream.end(body);
    else body.pipe(upstream);
  });
}

async function giveBack(
  { response }: Passing,
  answer: IncomingMessage,
  afterBytes: number,
): Promise<void> {
  response.writeHead(answer.statusCode ?? 500, answer.headers);
  let left = afterBytes;
  for await (const chunk of answer) {
    const piece = chunk.subarray(0, left);
    left -= piece.byteLength;
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
    if (left > 0) continue;
    await new Promise((resolve) => response.write('', resolve));
    answer.destroy();
    response.destroy();
    return;
  }
  response.end();
}

/** Lets the server have some of the body, and both sides a broken connection. */
async function cutRequest({ target, request, response }: Passing, afterBytes: number) {
  const { method, headers } = request;
  const upstream = send(`${target}${request.url}`, { method, headers });
  upstream.on('error', () => undefined);
  let left = afterBytes;
  for await (const chunk of request) {
    const piece = chunk.subarray(0, left);
    left -= piece.byteLength;
    await new Promise((resolve) => upstream.write(piece, resolve));
    if (left <= 0) break;
  }
  upstream.destroy();
  response.destroy();
}
