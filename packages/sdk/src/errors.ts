import { z } from 'zod';
import {
  type ErrorCode,
  isErrorCode,
  RotoError,
  type RotoErrorOptions,
} from './contract/errors.ts';
import type { Task } from './contract/tasks.ts';
import type { Video } from './contract/videos.ts';
import { retryAfterMs } from './internal/retry-after.ts';

/** Every failure of a call to a service. `code` says what happened; compare by it, not by text. */
export abstract class ClientError extends RotoError {
  /** Whether the same call may succeed if it is made again. */
  abstract readonly retryable: boolean;
}

/** The server could not be reached, or the connection broke. Code `network_failed`. */
export class ConnectionError extends ClientError {
  override readonly name: string = 'ConnectionError';
  override readonly retryable: boolean;

  constructor(message: string, options: RotoErrorOptions & { readonly retryable?: boolean } = {}) {
    super('network_failed', message, options);
    this.retryable = options.retryable ?? true;
  }
}

/** No reply in the time the call had. Code `timed_out`. */
export class TimeoutError extends ClientError {
  override readonly name = 'TimeoutError';
  override readonly retryable = true;

  constructor(message: string, options: RotoErrorOptions = {}) {
    super('timed_out', message, options);
  }
}

/** The caller's signal stopped the call; its reason is the `cause`. Code `interrupted`. */
export class AbortError extends ClientError {
  override readonly name = 'AbortError';
  override readonly retryable = false;

  constructor(message: string, options: RotoErrorOptions = {}) {
    super('interrupted', message, options);
  }
}

/** The server answered, and the answer is not what the contract says. Code `reply_unreadable`. */
export class ReplyError extends ClientError {
  override readonly name = 'ReplyError';
  override readonly retryable = false;
  readonly requestId: string | undefined;

  constructor(
    message: string,
    options: RotoErrorOptions & { readonly requestId?: string | undefined } = {},
  ) {
    super('reply_unreadable', message, options);
    this.requestId = options.requestId;
  }
}

/** An upload that did not reach the end; calling again goes on where it stopped. */
export class UploadError extends ClientError {
  override readonly name = 'UploadError';
  override readonly retryable: boolean;
  /** Bytes the server has. */
  readonly uploadedBytes: number;

  constructor(
    message: string,
    options: RotoErrorOptions & {
      readonly code?: ErrorCode;
      readonly uploadedBytes: number;
      readonly retryable?: boolean;
    },
  ) {
    super(options.code ?? 'upload_failed', message, options);
    this.uploadedBytes = options.uploadedBytes;
    this.retryable = options.retryable ?? true;
  }
}

/** The task ended without a result. Code `task_failed`, or `task_cancelled`. */
export class TaskFailedError extends ClientError {
  override readonly name = 'TaskFailedError';
  override readonly retryable = false;
  /** The task as it was last seen. */
  readonly task: Task;

  constructor(task: Task, message: string, options: RotoErrorOptions = {}) {
    super(task.status === 'cancelled' ? 'task_cancelled' : 'task_failed', message, options);
    this.task = task;
  }
}

/** The task goes on, but the time to wait for it is over. Code `task_timed_out`. */
export class TaskTimeoutError extends ClientError {
  override readonly name = 'TaskTimeoutError';
  override readonly retryable = true;
  /** The task as it was last seen. */
  readonly task: Task;

  constructor(task: Task, message: string, options: RotoErrorOptions = {}) {
    super('task_timed_out', message, options);
    this.task = task;
  }
}

/** What was uploaded cannot be worked on. The code is the one the service has for it. */
export class VideoFailedError extends ClientError {
  override readonly name = 'VideoFailedError';
  override readonly retryable = false;
  readonly video: Video;

  constructor(video: Video) {
    const { id, error_code, error_message } = video;
    const code = isErrorCode(error_code) ? error_code : 'source_unreadable';
    super(code, `The video ${id} cannot be used: ${error_message ?? code}`);
    this.video = video;
  }
}

/** What a reply with a status of 400 or above says. */
export interface FailedReply {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly text: string;
  /** Method and address, for the sentence where the server gives none. */
  readonly asked: string;
}

/** The body of an error reply. */
const WireError = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    param: z.string().optional(),
    hint: z.string().optional(),
    requestId: z.string().optional(),
    docUrl: z.string().optional(),
  }),
});
type WireError = z.infer<typeof WireError>['error'];

/** The server refused or failed: the status says how, `code` says why. */
export class ApiError extends ClientError {
  override readonly name: string = 'ApiError';
  override readonly retryable: boolean;
  /** HTTP status, 300 to 599. */
  readonly status: number;
  /** The code as the server sent it: a newer server may know more of them than `code` can hold. */
  readonly wireCode: string | undefined;
  /** What to quote when asking about this failure. */
  readonly requestId: string | undefined;
  readonly docUrl: string | undefined;
  /** Milliseconds the server asks to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(reply: FailedReply) {
    const wire = readWireError(reply.text);
    super(codeOf(wire, reply.status), sentence(wire, reply), {
      ...(wire?.param === undefined ? {} : { param: wire.param }),
      ...(wire?.hint === undefined ? {} : { hint: wire.hint }),
    });
    this.status = reply.status;
    this.wireCode = wire?.code;
    this.requestId = wire?.requestId ?? reply.headers.get('x-request-id') ?? undefined;
    this.docUrl = wire?.docUrl;
    this.retryAfterMs = retryAfterMs(reply.headers);
    this.retryable = saysRetry(reply.headers) ?? isRetryableStatus(reply.status);
  }

  /** The error of a reply, of the class that its status has. */
  static from(reply: FailedReply): ApiError {
    const Class = classes.get(reply.status) ?? (reply.status >= 500 ? ServerError : ApiError);
    return new Class(reply);
  }
}

/** 400: the request is not well-formed. */
export class BadRequestError extends ApiError {
  override readonly name = 'BadRequestError';
}
/** 401: no key, or one that does not count. */
export class AuthenticationError extends ApiError {
  override readonly name = 'AuthenticationError';
}
/** 402: not enough credits. */
export class PaymentRequiredError extends ApiError {
  override readonly name = 'PaymentRequiredError';
}
/** 403: the key may not do this. */
export class PermissionError extends ApiError {
  override readonly name = 'PermissionError';
}
/** 404: there is no such thing, or it is not yours. */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}
/** 409: the thing is in a state that does not allow this. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}
/** 413: larger than allowed. */
export class TooLargeError extends ApiError {
  override readonly name = 'TooLargeError';
}
/** 422: well-formed, and a value in it is wrong; `param` names it. */
export class UnprocessableError extends ApiError {
  override readonly name = 'UnprocessableError';
}
/** 429: too many requests; `retryAfterMs` says how long to wait. */
export class RateLimitError extends ApiError {
  override readonly name = 'RateLimitError';
}
/** 5xx: the server failed. */
export class ServerError extends ApiError {
  override readonly name = 'ServerError';
}

const classes = new Map<number, new (reply: FailedReply) => ApiError>([
  [400, BadRequestError],
  [401, AuthenticationError],
  [402, PaymentRequiredError],
  [403, PermissionError],
  [404, NotFoundError],
  [409, ConflictError],
  [413, TooLargeError],
  [422, UnprocessableError],
  [429, RateLimitError],
]);

/** Code of a reply whose own code is missing, as from a proxy, or newer than this client. */
const codeOfStatus = new Map<number, ErrorCode>([
  [401, 'unauthenticated'],
  [402, 'quota_exceeded'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [405, 'method_not_allowed'],
  [408, 'timed_out'],
  [413, 'payload_too_large'],
  [415, 'media_type_unsupported'],
  [429, 'rate_limited'],
  [504, 'timed_out'],
]);

function codeOf(wire: WireError | undefined, status: number): ErrorCode {
  if (isErrorCode(wire?.code)) return wire.code;
  return codeOfStatus.get(status) ?? (status < 500 ? 'invalid_argument' : 'unavailable');
}

function readWireError(text: string): WireError | undefined {
  try {
    return WireError.safeParse(JSON.parse(text)).data?.error;
  } catch {
    // A proxy's page, or nothing: the status is all there is to know.
    return undefined;
  }
}

function sentence(wire: WireError | undefined, { status, asked }: FailedReply): string {
  return wire?.message ?? `${asked} was answered with status ${status}.`;
}

function isRetryableStatus(status: number): boolean {
  return [408, 409, 429].includes(status) || status >= 500;
}

function saysRetry(headers: Headers): boolean | undefined {
  const said = headers.get('x-should-retry');
  return said === 'true' ? true : said === 'false' ? false : undefined;
}
