import { z } from 'zod';

/** What `roto setup cuda` put where, and what CUDA lacks still. */
export const CudaSetup = z.object({
  /** Version of onnxruntime, which is also that of the libraries. */
  version: z.string(),
  /** Absolute path of the folder where onnxruntime looks for them. */
  folder: z.string(),
  /** Absolute paths of the libraries. */
  files: z.array(z.string()),
  /** Hex SHA-256 of the package they came in. */
  sha256: z.string(),
  /** False where the right ones were there before. */
  installed: z.boolean(),
  /** What is missing still, such as the driver: each a sentence without its full stop. */
  lacks: z.array(z.string()),
});
export type CudaSetup = z.infer<typeof CudaSetup>;

/** Printed by `roto setup cuda --json`. */
export const CudaSetupDocument = CudaSetup.extend({ schema: z.literal('roto.cuda-setup/1') });
export type CudaSetupDocument = z.infer<typeof CudaSetupDocument>;
