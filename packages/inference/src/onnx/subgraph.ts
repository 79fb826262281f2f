import type { OnnxGraph, OnnxNode, OnnxValue } from './model.ts';

/** Between which values to cut. */
export interface Cut {
  /** Inputs of the part; what computed them before is left out. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/**
 * The part of a graph that computes `outputs` from `inputs`: only the nodes and constants it
 * needs, in their order. Bodies of loops and conditions are taken whole, with what they name.
 */
export function subgraph(graph: OnnxGraph, cut: Cut): OnnxGraph {
  const makers = new Map<string, OnnxNode>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      makers.set(output, node);
    }
  }
  for (const { name } of cut.inputs) {
    makers.delete(name);
  }
  const needed = new Set<OnnxNode>();
  const names = new Set<string>();
  const open = cut.outputs.map((output) => output.name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = makers.get(name);
    names.add(name);
    if (node !== undefined && !needed.has(node)) {
      needed.add(node);
      open.push(...usedNames(node));
    }
  }
  return {
    name: graph.name,
    nodes: graph.nodes.filter((node) => needed.has(node)),
    initializers: graph.initializers.filter((tensor) => names.has(tensor.name)),
    inputs: cut.inputs,
    outputs: cut.outputs,
    values: graph.values.filter((value) => names.has(value.name)),
  };
}

function usedNames(node: OnnxNode): string[] {
  const bodies = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? attribute.value.nodes.flatMap(usedNames) : [],
  );
  return [...node.inputs, ...bodies];
}
