import { z } from 'zod';
import { type ErrorCode, errorKinds } from './errors.ts';

/** HTTP statuses that failures of the service have. */
export type ErrorStatus =
  | 400
  | 401
  | 402
  | 403
  | 404
  | 405
  | 409
  | 413
  | 415
  | 422
  | 429
  | 500
  | 503;

/**
 * The HTTP status of each code where it is not the one its kind has by {@link statusOfKind}.
 * A code is added to `errorKinds` first; `httpStatusOf` then answers for it.
 */
const errorStatuses: Partial<Record<ErrorCode, ErrorStatus>> = {
  source_not_found: 404,
  track_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  media_type_unsupported: 415,
  forbidden: 403,
  email_unconfirmed: 403,
  video_not_ready: 409,
  model_unavailable: 409,
  wrong_task_status: 409,
  idempotency_mismatch: 409,
  idempotency_in_progress: 409,
  conflict: 409,
  rate_limited: 429,
  unavailable: 503,
};

const statusOfKind = {
  usage: 400,
  auth: 401,
  quota: 402,
  failed: 500,
  network: 503,
  engine: 503,
  interrupted: 503,
  terminated: 503,
} as const;

/** The HTTP status that the service answers a code with. */
export function httpStatusOf(code: ErrorCode): ErrorStatus {
  return errorStatuses[code] ?? statusOfKind[errorKinds[code]];
}

/** The body of every failed reply of the service. */
export const ApiErrorBody = z
  .object({
    error: z.object({
      /** From the closed list; match on it, not on the sentence. */
      code: z.string().meta({ description: 'Stable code; docs/errors.md lists them all.' }),
      message: z.string().meta({ description: 'One sentence for a person.' }),
      /** The field, header or parameter that was wrong. */
      param: z.string().optional(),
      /** The id that the log lines of this request carry. */
      requestId: z.string(),
      docUrl: z.string(),
    }),
  })
  .meta({ id: 'Error', description: 'What went wrong.' });
export type ApiErrorBody = z.infer<typeof ApiErrorBody>;
