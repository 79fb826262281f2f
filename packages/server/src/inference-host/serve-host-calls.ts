import { RotoError, type RunEvent } from '@roto/sdk/contract';
import type { HostCallName, HostCalls, HostReply, HostRequest } from '../host/host-calls.ts';

/** What a call is given beside its argument. */
export interface HostCallContext {
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

/** Exactly one function for each call. */
export type HostFunctions = {
  readonly [Name in HostCallName]: (
    argument: HostCalls[Name]['argument'],
    context: HostCallContext,
  ) => Promise<HostCalls[Name]['answer']>;
};

/** Answers the parent's calls, several at a time, until the parent is gone. */
export function serveHostCalls(functions: HostFunctions): void {
  const stops = new Map<number, AbortController>();
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    // biome-ignore lint/plugin: the parent sends nothing else
    const request = message as HostRequest;
    if (request.kind === 'cancel') {
      stops.get(request.id)?.abort(new RotoError('interrupted', 'The work was stopped.'));
      return;
    }
    const stop = new AbortController();
    stops.set(request.id, stop);
    void answer(functions, request, stop.signal).finally(() => stops.delete(request.id));
  });
}

async function answer(
  functions: HostFunctions,
  { id, call, argument }: Extract<HostRequest, { kind: 'call' }>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const onEvent = (event: RunEvent) => reply({ kind: 'event', id, event });
    // biome-ignore lint/plugin: the parent gives every call the argument of its name
    const run = functions[call] as (
      argument: unknown,
      context: HostCallContext,
    ) => Promise<unknown>;
    reply({ kind: 'answer', id, value: await run(argument, { signal, onEvent }) });
  } catch (error) {
    reply({ kind: 'failure', id, error: toDocument(error) });
  }
}

function reply(message: HostReply): void {
  process.send?.(message);
}

function toDocument(thrown: unknown) {
  if (thrown instanceof RotoError) return thrown.toDocument().error;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message };
}
