import { parse, relative } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
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
 * @throws RotoError `invalid_argument` where there is none: on Windows, when they are on two drives
 */
export function commonFolder({ checkpoint, derived }: WeightFiles): string {
  const { root } = parse(checkpoint);
  if (parse(derived).root !== root) {
    throw new RotoError(
      'invalid_argument',
      `Expected the model and the cache on one drive but they are ${checkpoint} and ${derived}.`,
      { param: 'cache', hint: 'Put the cache on the drive of the model, with ROTO_CACHE_DIR.' },
    );
  }
  return root;
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
