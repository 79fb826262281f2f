import { join, relative, sep } from 'node:path';
import type { OnnxModel, OnnxTensor } from '../../../onnx/model.ts';
import { plannedLocations } from './weight-plan.ts';

/** Absolute paths of the files that planned weights lie in. */
export interface WeightFiles {
  readonly checkpoint: string;
  readonly derived: string;
}

/**
 * The folder that onnxruntime looks for a model's weights in. It takes neither absolute paths nor
 * `..`, and the checkpoint and the cache lie in different folders: so it is one that holds both.
 * On Windows they must be on one drive.
 */
export function commonFolder(files: WeightFiles): string {
  const parts = files.checkpoint.split(sep);
  const others = files.derived.split(sep);
  let count = 0;
  while (count < parts.length - 1 && parts[count] === others[count]) count += 1;
  return join(parts.slice(0, count).join(sep), sep);
}

/** The model with its weights where they are: paths relative to {@link commonFolder}. */
export function placeWeights(model: OnnxModel, files: WeightFiles): OnnxModel {
  const folder = commonFolder(files);
  const places = new Map<string, string>([
    [plannedLocations.checkpoint, relative(folder, files.checkpoint)],
    [plannedLocations.derived, relative(folder, files.derived)],
  ]);
  const place = (tensor: OnnxTensor): OnnxTensor => {
    if (tensor.data instanceof Uint8Array) return tensor;
    const location = places.get(tensor.data.location) ?? tensor.data.location;
    return { ...tensor, data: { ...tensor.data, location } };
  };
  const { graph } = model;
  return { ...model, graph: { ...graph, initializers: graph.initializers.map(place) } };
}
