import { z } from 'zod';

/** The document printed on failure; the service's replies are `ApiErrorBody`. */
export const ErrorDocument = z.object({
  schema: z.literal('roto.error/1'),
  error: z.object({
    code: z.string(),
    message: z.string(),
    param: z.string().optional(),
    hint: z.string().optional(),
  }),
});
export type ErrorDocument = z.infer<typeof ErrorDocument>;
