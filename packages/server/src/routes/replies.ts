import { ApiErrorBody } from '@roto/sdk/contract';
import type { z } from 'zod';

/** A JSON reply of a route, for `createRoute`. */
export function jsonReply<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A JSON body of a route; it has to be there. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** Every failed reply has the one shape: part of every route's `responses`. */
export const failures = { default: jsonReply(ApiErrorBody, 'What went wrong.') };
