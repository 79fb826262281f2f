import type { MessagePort, Transferable } from 'node:worker_threads';
import { type CallMessage, type ReplyMessage, toThreadError } from './messages.ts';

/** What a call gives back: the value, and buffers that move to the caller instead of being copied. */
export interface Answer {
  readonly value: unknown;
  readonly transfer?: readonly Transferable[];
}

/** One call of a worker thread; `emit` sends an event to the caller while the call runs. */
export type CallHandler = (argument: unknown, emit: (event: unknown) => void) => Promise<Answer>;

/** Answers calls that come through `port`, one after the other unless `parallel` names them. */
export function serveCalls(
  port: MessagePort,
  handlers: Readonly<Record<string, CallHandler>>,
  parallel: readonly string[] = [],
): void {
  let queue: Promise<void> = Promise.resolve();
  port.on('message', (message: CallMessage) => {
    const answer = (): Promise<void> => answerCall(port, handlers, message);
    if (parallel.includes(message.call)) void answer();
    else queue = queue.then(answer);
  });
}

async function answerCall(
  port: MessagePort,
  handlers: Readonly<Record<string, CallHandler>>,
  message: CallMessage,
): Promise<void> {
  const reply = (body: ReplyMessage, transfer: readonly Transferable[] = []): void =>
    port.postMessage(body, transfer);
  try {
    const handler = handlers[message.call];
    if (handler === undefined) throw new Error(`no call named ${message.call}`);
    const { value, transfer } = await handler(message.argument, (event) =>
      reply({ id: message.id, event }),
    );
    reply({ id: message.id, value }, transfer);
  } catch (error) {
    reply({ id: message.id, error: toThreadError(error) });
  }
}
