import { z } from 'zod';

/** A model this machine knows of, whether its files are there or not. */
export const ModelSummary = z.object({
  /** Name that `--model` takes. */
  id: z.string(),
  engine: z.enum(['lite', 'sam2']),
  /** Published network the weights are of, for models of the sam2 engine: `sam2.1-tiny`. */
  architecture: z.string().optional(),
  /** SPDX identifier of the weights' licence; NOASSERTION where it is not known. */
  licence: z.string(),
  /** Absent for imported models. */
  licenceUrl: z.string().optional(),
  installed: z.boolean(),
  /** Absolute path of the file or folder; absent where it is not installed. */
  path: z.string().optional(),
  /** Hex SHA-256 of the weights. */
  sha256: z.string(),
  bytes: z.number().nonnegative(),
  /** Where the weights come from, in words or as an address. */
  source: z.string(),
});
export type ModelSummary = z.infer<typeof ModelSummary>;

/** Printed by `roto models list --json`. */
export const ModelsDocument = z.object({
  schema: z.literal('roto.models/1'),
  models: z.array(ModelSummary),
});
export type ModelsDocument = z.infer<typeof ModelsDocument>;
