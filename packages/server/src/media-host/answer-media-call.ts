import { RotoError } from '@roto/sdk/contract';
import type { MediaCallName, MediaCalls, MediaReply, MediaRequest } from '../media/media-calls.ts';

/** Exactly one function for each call. */
export type MediaFunctions = {
  readonly [Name in MediaCallName]: (
    argument: MediaCalls[Name]['argument'],
    signal: AbortSignal,
  ) => Promise<MediaCalls[Name]['answer']>;
};

/** Answers the parent's one call, and ends. */
export function answerMediaCall(functions: MediaFunctions): void {
  const stop = new AbortController();
  process.once('disconnect', () => {
    stop.abort(new RotoError('interrupted', 'The service has ended.'));
    process.exit(1);
  });
  process.once('message', (message) => {
    // biome-ignore lint/plugin: the parent sends nothing else
    const { call, argument } = message as MediaRequest;
    // biome-ignore lint/plugin: the parent gives every call the argument of its name
    const run = functions[call] as (argument: unknown, signal: AbortSignal) => Promise<unknown>;
    void run(argument, stop.signal).then(
      (value) => end({ kind: 'answer', value }),
      (error: unknown) => end({ kind: 'failure', error: toDocument(error) }),
    );
  });
}

function end(reply: MediaReply): void {
  process.send?.(reply, undefined, undefined, () => process.exit(0));
}

function toDocument(thrown: unknown) {
  if (thrown instanceof RotoError) return thrown.toDocument().error;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message };
}
