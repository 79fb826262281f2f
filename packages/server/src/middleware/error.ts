import {
  type ApiErrorBody,
  type ErrorCode,
  type ErrorStatus,
  httpStatusOf,
  RotoError,
} from '@roto/sdk/contract';
import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { AppEnv } from '../app-env.ts';
import { isUnstorableText } from '../db/failure.ts';

/** Codes of the failures that Hono itself and its libraries report by status alone. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_argument',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'media_type_unsupported',
};

/**
 * Codes of failures that last, with statuses that clients try again by themselves otherwise: they
 * are told not to.
 */
const lasting: ReadonlySet<ErrorCode> = new Set([
  'conflict',
  'idempotency_mismatch',
  'video_not_ready',
  'model_unavailable',
  'wrong_task_status',
  'billing_unavailable',
]);

/**
 * Turns everything that is thrown into the one shape of failed replies. What is not a RotoError is
 * a fault: its text stays in the log.
 */
export const onError: ErrorHandler<AppEnv> = (thrown, c) => {
  const error = toRotoError(thrown);
  const status: ErrorStatus = httpStatusOf(error.code);
  if (status >= 500) c.var.log.error({ err: thrown }, 'request failed');
  if (lasting.has(error.code)) c.header('x-should-retry', 'false');
  return c.json(errorBody(error, c.var.requestId), status);
};

function toRotoError(thrown: unknown): RotoError {
  if (thrown instanceof RotoError) return thrown;
  if (thrown instanceof HTTPException) {
    const code = codeOfStatus[thrown.status];
    if (code !== undefined) return new RotoError(code, thrown.message || 'Bad request.');
  }
  if (isUnstorableText(thrown)) {
    return new RotoError('invalid_argument', 'Expected text without NUL characters.');
  }
  return new RotoError(
    'internal',
    'The service failed at this; the request id finds it in the log.',
  );
}

function errorBody(error: RotoError, requestId: string): ApiErrorBody {
  const said = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return {
    error: {
      code: error.code,
      message: said,
      ...(error.param === undefined ? {} : { param: error.param }),
      requestId,
      docUrl: `/api/docs/errors#${error.code}`,
    },
  };
}
