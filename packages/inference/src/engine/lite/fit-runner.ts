import { writeModel } from '../../onnx/write-model.ts';
import { createNetwork, resultFloats } from '../../ort/session.ts';
import { floatInput } from '../../ort/tensor.ts';
import { type CellFeatures, featureCount } from './cell-features.ts';
import { type FitSums, lowerTriangle } from './ridge.ts';
import type { TrainingLabels } from './training-labels.ts';

/** Computes the sums of a fit: 385 x 385 x cells products are worth a matrix kernel. */
export interface FitRunner {
  sums(features: CellFeatures, labels: TrainingLabels): Promise<FitSums>;
  dispose(): Promise<void>;
}

/** A model of one node: out [rows][features] = weighted [rows][cells] times features' transpose. */
function productModel(): Uint8Array {
  return writeModel({
    irVersion: 8,
    producer: 'roto',
    opsets: { '': 17 },
    graph: {
      name: 'fit',
      nodes: [
        {
          op: 'Gemm',
          domain: '',
          name: 'product',
          inputs: ['weighted', 'features'],
          outputs: ['sums'],
          attributes: { transB: { kind: 'int', value: 1 } },
        },
      ],
      initializers: [],
      inputs: [
        { name: 'weighted', type: 'float32', shape: ['rows', 'cells'] },
        { name: 'features', type: 'float32', shape: ['features', 'cells'] },
      ],
      outputs: [{ name: 'sums', type: 'float32', shape: ['rows', 'features'] }],
      values: [],
    },
  });
}

/** Features times weight, and under them the targets times weight: [386][cells]. */
function weightedRows(features: CellFeatures, labels: TrainingLabels): Float32Array {
  const { cells, data } = features;
  const rows = new Float32Array((featureCount + 1) * cells);
  for (let at = 0; at < data.length; at += cells) {
    for (let i = 0; i < cells; i++) {
      rows[at + i] = (data[at + i] ?? 0) * (labels.weight[i] ?? 0);
    }
  }
  for (let i = 0; i < cells; i++) {
    rows[data.length + i] = (labels.target[i] ?? 0) * (labels.weight[i] ?? 0);
  }
  return rows;
}

/** A runner on the CPU; `threads` as of the engine. */
export async function createFitRunner(threads: number | undefined): Promise<FitRunner> {
  const network = await createNetwork(productModel(), {
    name: 'the sums of the target model',
    ...(threads === undefined ? {} : { threads }),
  });
  return {
    async sums(features, labels) {
      const rows = weightedRows(features, labels);
      const feeds = {
        weighted: floatInput(rows, [featureCount + 1, features.cells]),
        features: floatInput(features.data, [featureCount, features.cells]),
      };
      const sums = resultFloats(await network.run(feeds, ['sums']), 'sums');
      const square = featureCount * featureCount;
      return {
        size: featureCount,
        gram: lowerTriangle(sums.subarray(0, square), featureCount),
        moment: sums.slice(square),
      };
    },
    dispose: () => network.dispose(),
  };
}
