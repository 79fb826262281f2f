import type { ErrorDocument } from './error-document.ts';

/**
 * What went wrong, by kind. The kind decides the exit status of the CLI and the HTTP status of the
 * service: `usage` is for what the caller can mend, `failed` for what they cannot.
 */
export type ErrorKind =
  | 'failed'
  | 'usage'
  | 'auth'
  | 'quota'
  | 'network'
  | 'engine'
  | 'interrupted'
  | 'terminated';

/** Every error code there is, with its kind. Codes are added, never renamed. */
export const errorKinds = {
  internal: 'failed',
  disk_full: 'failed',
  encode_failed: 'failed',
  cache_corrupt: 'failed',
  cache_locked: 'failed',
  task_failed: 'failed',
  task_cancelled: 'failed',
  task_timed_out: 'network',

  invalid_argument: 'usage',
  invalid_shot: 'usage',
  source_not_found: 'usage',
  source_unreadable: 'usage',
  source_has_no_video: 'usage',
  source_too_small: 'usage',
  source_truncated: 'usage',
  sequence_gap: 'usage',
  sequence_mixed_sizes: 'usage',
  frame_out_of_range: 'usage',
  prompt_outside_picture: 'usage',
  prompt_missing: 'usage',
  mask_unreadable: 'usage',
  unknown_format: 'usage',
  output_conflict: 'usage',
  output_exists: 'usage',
  output_unwritable: 'usage',
  output_is_input: 'usage',
  track_not_found: 'usage',
  track_incomplete: 'usage',
  node_too_old: 'usage',
  not_built: 'usage',

  invalid_config: 'usage',
  port_in_use: 'usage',
  data_locked: 'usage',
  not_found: 'usage',
  method_not_allowed: 'usage',
  payload_too_large: 'usage',
  media_type_unsupported: 'usage',
  invalid_token: 'usage',
  video_not_ready: 'usage',
  model_unavailable: 'usage',
  wrong_task_status: 'usage',
  idempotency_mismatch: 'usage',
  idempotency_in_progress: 'usage',
  conflict: 'usage',

  unauthenticated: 'auth',
  invalid_credentials: 'auth',
  forbidden: 'auth',
  email_unconfirmed: 'auth',
  webhook_invalid: 'auth',
  quota_exceeded: 'quota',
  payment_failed: 'quota',
  rate_limited: 'quota',
  unavailable: 'network',
  preview_busy: 'network',
  billing_unavailable: 'network',
  network_failed: 'network',
  timed_out: 'network',
  transfer_corrupt: 'network',
  upload_failed: 'network',
  reply_unreadable: 'network',

  ffmpeg_missing: 'engine',
  ffmpeg_unusable: 'engine',
  model_missing: 'engine',
  model_corrupt: 'engine',
  model_unsupported: 'engine',
  device_unavailable: 'engine',
  out_of_memory: 'engine',
  engine_missing: 'engine',
  engine_failed: 'engine',

  interrupted: 'interrupted',
  terminated: 'terminated',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** Whether `code` is one of ours. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorKinds, code);
}

/** What {@link RotoError} carries beside its code and sentence. */
export interface RotoErrorOptions {
  /** The argument, flag or field that was wrong, as the caller wrote it. */
  readonly param?: string;
  /** What to do next, in one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The one error class of roto: a stable code, a sentence for a person, and the cause. */
export class RotoError extends Error {
  override readonly name: string = 'RotoError';
  readonly code: ErrorCode;
  readonly param: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: RotoErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.param = options.param;
    this.hint = options.hint;
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }

  toDocument(): ErrorDocument {
    return {
      schema: 'roto.error/1',
      error: {
        code: this.code,
        message: this.message,
        ...(this.param === undefined ? {} : { param: this.param }),
        ...(this.hint === undefined ? {} : { hint: this.hint }),
      },
    };
  }
}
