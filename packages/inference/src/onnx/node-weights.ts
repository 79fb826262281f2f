import { RotoError } from '@roto/sdk/contract';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './model.ts';

/** Finds the constants of a graph by the node that uses them: exporters give only nodes names. */
export class NodeWeights {
  readonly #nodes: ReadonlyMap<string, OnnxNode>;
  readonly #tensors: Map<string, OnnxTensor>;

  constructor(graph: OnnxGraph) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.name, node]));
    this.#tensors = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
    for (const node of graph.nodes) {
      const value = node.op === 'Constant' ? node.attributes['value'] : undefined;
      const name = node.outputs[0];
      if (value?.kind === 'tensor' && name !== undefined) {
        this.#tensors.set(name, { ...value.value, name });
      }
    }
  }

  /** Constant value called `name`. */
  tensor(name: string): OnnxTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new RotoError('model_corrupt', `The model has no constant called "${name}".`);
    }
    return tensor;
  }

  /** The node called `name`. */
  node(name: string): OnnxNode {
    const node = this.#nodes.get(name);
    if (node === undefined) {
      throw new RotoError('model_corrupt', `The model has no node called "${name}".`);
    }
    return node;
  }

  /** The `nth` of the constants among the inputs of the node called `node`. */
  of(node: string, nth = 0): OnnxTensor {
    const constants = this.node(node).inputs.filter((input) => this.#tensors.has(input));
    const name = constants[nth];
    if (name === undefined) {
      throw new RotoError('model_corrupt', `The model has too few weights at its node "${node}".`);
    }
    return this.tensor(name);
  }
}
