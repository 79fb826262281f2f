import { z } from 'zod';
import { ModelSummary } from './models.ts';

/** Something that is missing or wrong. `error`: local runs cannot work; `warning`: they can. */
export const DiagnosisProblem = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  /** What to do, in one sentence. */
  hint: z.string().optional(),
});
export type DiagnosisProblem = z.infer<typeof DiagnosisProblem>;

/** What this machine has for local runs. */
export const Diagnosis = z.object({
  /** roto's own version. */
  version: z.string(),
  /** Version of Node, without `v`. */
  node: z.string(),
  /** Operating system and processor: `linux x64`. */
  platform: z.string(),
  cores: z.int().positive(),
  memory: z.object({ totalBytes: z.number().nonnegative(), freeBytes: z.number().nonnegative() }),
  /** Absent where none was found. */
  ffmpeg: z
    .object({
      path: z.string(),
      version: z.string(),
      /** Where it was found: the environment, the system, or inside an npm package. */
      source: z.enum(['env', 'system', 'package']),
      licence: z.string(),
      recommendation: z.string().optional(),
    })
    .optional(),
  /** Execution providers of the neural runtime, tried for real. */
  providers: z.array(
    z.object({ name: z.string(), usable: z.boolean(), reason: z.string().optional() }),
  ),
  models: z.array(ModelSummary),
  cache: z.object({
    path: z.string(),
    bytes: z.number().nonnegative(),
    limitBytes: z.number().nonnegative(),
  }),
  /** The disk the cache lies on. */
  disk: z.object({ path: z.string(), freeBytes: z.number().nonnegative() }),
  problems: z.array(DiagnosisProblem),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** Printed by `roto doctor --json`. */
export const DoctorDocument = Diagnosis.extend({ schema: z.literal('roto.doctor/1') });
export type DoctorDocument = z.infer<typeof DoctorDocument>;
