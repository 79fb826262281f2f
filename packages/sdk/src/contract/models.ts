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

/** A model whose file was read through: its SHA-256 was computed, and is the right one. */
export const VerifiedModel = z.object({
  id: z.string(),
  /** Absolute path of the file or folder. */
  path: z.string(),
  bytes: z.number().nonnegative(),
  /** Hex SHA-256. */
  sha256: z.string(),
});
export type VerifiedModel = z.infer<typeof VerifiedModel>;

/** A model that a pull saw to. */
export const PulledModel = VerifiedModel.extend({
  /** False where the right file was there before. */
  pulled: z.boolean(),
});
export type PulledModel = z.infer<typeof PulledModel>;

/** Printed by `roto models pull --json`. */
export const PulledDocument = z.object({
  schema: z.literal('roto.models-pulled/1'),
  models: z.array(PulledModel),
});
export type PulledDocument = z.infer<typeof PulledDocument>;

/** Printed by `roto models verify --json`. */
export const VerifiedDocument = z.object({
  schema: z.literal('roto.models-verified/1'),
  models: z.array(VerifiedModel),
});
export type VerifiedDocument = z.infer<typeof VerifiedDocument>;

/** Printed by `roto models import --json`. */
export const ImportedDocument = z.object({
  schema: z.literal('roto.model-imported/1'),
  model: ModelSummary,
});
export type ImportedDocument = z.infer<typeof ImportedDocument>;

/** Printed by `roto models remove --json`. */
export const RemovedDocument = z.object({
  schema: z.literal('roto.models-removed/1'),
  models: z.array(z.object({ id: z.string(), bytes: z.number().nonnegative() })),
});
export type RemovedDocument = z.infer<typeof RemovedDocument>;

/** Printed by `roto models path --json`. */
export const ModelPathDocument = z.object({
  schema: z.literal('roto.model-path/1'),
  /** Absolute path of the model's file or folder, or of the folder of all models. */
  path: z.string(),
});
export type ModelPathDocument = z.infer<typeof ModelPathDocument>;
