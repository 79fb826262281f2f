import { z } from 'zod';

/** The process answers. */
export const Health = z
  .object({ status: z.literal('ok'), version: z.string() })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

/** What the service stands on, each with whether it answers. */
export const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.record(z.string(), z.enum(['ok', 'failed'])),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;
