import type { TensorShapes } from '../engine/sam2/tensors.ts';
import type { StoredTensor } from './tensor-entry.ts';
import { pointEmbedding, positionEmbeddings, transformersName } from './tensor-names.ts';

/** Tensors by name. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** Whether the names are those of Hugging Face's transformers. */
export function hasTransformersNames(tensors: StoredTensors): boolean {
  return tensors.has('vision_encoder.backbone.pos_embed');
}

/**
 * The tensors under Meta's names, where they stand under those of transformers: renamed, and the
 * rows of the point embedding parted. Names that no tensor of `shapes` has are kept as they are.
 */
export function withOriginalNames(tensors: StoredTensors, shapes: TensorShapes): StoredTensors {
  const rest = new Map(tensors);
  const out = new Map<string, StoredTensor>();
  const take = (from: string, to: string) => {
    const tensor = rest.get(from);
    if (tensor === undefined) return;
    rest.delete(from);
    out.set(to, { ...tensor, name: to });
  };
  for (const name of shapes.keys()) take(transformersName(name), name);
  for (const from of positionEmbeddings) {
    take(from, 'sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix');
  }
  const points = rest.get(pointEmbedding);
  if (points !== undefined) {
    rest.delete(pointEmbedding);
    for (const row of rowsOf(points)) out.set(row.name, row);
  }
  return new Map([...out, ...rest]);
}

/** The rows of the point embedding; it is kept whole where its shape is not that of four points. */
function rowsOf(points: StoredTensor): StoredTensor[] {
  const [rows, dim] = points.shape;
  if (rows !== 4 || dim === undefined || points.shape.length !== 2) return [points];
  const length = points.length / rows;
  return Array.from({ length: rows }, (_, row) => ({
    name: `sam_prompt_encoder.point_embeddings.${row}.weight`,
    dtype: points.dtype,
    shape: [1, dim],
    offset: points.offset + row * length,
    length,
  }));
}
