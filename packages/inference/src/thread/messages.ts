import { isErrorCode, RotoError } from '@roto/sdk/contract';

/** One call into a worker thread. */
export interface CallMessage {
  readonly id: number;
  readonly call: string;
  readonly argument: unknown;
}

/** An error on its way between threads, where classes do not survive. */
export interface ThreadError {
  readonly code: string;
  readonly message: string;
  readonly param?: string;
  readonly hint?: string;
  readonly detail: string;
}

export type ReplyMessage =
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: ThreadError };

/** Wraps an error of a thread; what is not ours becomes `engine_failed` with its own words. */
export function toThreadError(error: unknown): ThreadError {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof RotoError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.param === undefined ? {} : { param: error.param }),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      detail,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'engine_failed', message: `The engine failed: ${message}`, detail };
}

export function fromThreadError(error: ThreadError): RotoError {
  return new RotoError(isErrorCode(error.code) ? error.code : 'internal', error.message, {
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.detail,
  });
}
