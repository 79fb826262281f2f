import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sam2Names } from '../engine/sam2/architecture.ts';

const recordName = 'model.json';

/** What is written beside an imported checkpoint. */
export const ModelRecord = z.object({
  schema: z.literal('roto.model-record/1'),
  architecture: z.enum(sam2Names),
  /** Name of the checkpoint in the same folder. */
  file: z.enum(['model.pt', 'model.safetensors']),
  bytes: z.number().int().nonnegative(),
  /** Hex SHA-256 of the checkpoint when it was imported. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Path it was imported from. */
  importedFrom: z.string(),
});
export type ModelRecord = z.infer<typeof ModelRecord>;

/** The record in a model's folder; undefined where there is none that can be read. */
export async function readRecord(folder: string): Promise<ModelRecord | undefined> {
  try {
    return ModelRecord.parse(JSON.parse(await readFile(join(folder, recordName), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Writes the record into a folder. */
export async function writeRecord(folder: string, record: ModelRecord): Promise<void> {
  await writeFile(join(folder, recordName), `${JSON.stringify(record, undefined, 2)}\n`);
}
