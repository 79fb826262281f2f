import type {
  ElementType,
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
} from './model.ts';
import { int64Tensor } from './tensor.ts';

/** Attributes as they are written by hand; `float` and `ints` below make the ones JS cannot tell. */
type AttributeInput = OnnxAttribute | number | string;

/** A float attribute; a bare number means an integer one. */
export function float(value: number): OnnxAttribute {
  return { kind: 'float', value };
}

/** A list of integers as an attribute. */
export function ints(...value: readonly number[]): OnnxAttribute {
  return { kind: 'ints', value };
}

function asAttribute(value: AttributeInput): OnnxAttribute {
  if (typeof value === 'number') {
    return { kind: 'int', value };
  }
  return typeof value === 'string' ? { kind: 'string', value } : value;
}

export interface NodeOptions {
  /** Operator set; ONNX's own unless said. */
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
}

export interface BuildOptions {
  readonly name: string;
  /** Version of each operator set by domain. */
  readonly opsets: Readonly<Record<string, number>>;
}

/** Builds a graph node by node; every value is known by its name, which the builder makes. */
export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #inputs: { name: string; type: ElementType; shape: readonly (number | string)[] }[] = [];
  readonly #outputs: { name: string; type: ElementType; shape: readonly (number | string)[] }[] =
    [];
  readonly #parent: GraphBuilder | undefined;
  readonly #prefix: string;
  #bodies = 0;

  /** @param parent builder of the graph that this one is a body in */
  constructor(parent?: GraphBuilder) {
    this.#parent = parent;
    this.#prefix = parent === undefined ? '' : `${parent.#prefix}${parent.#bodies++}.`;
  }

  /** An input of the graph; sides that are names are decided at run time. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Makes `value` an output of the graph called `name`. */
  output(
    name: string,
    value: string,
    type: ElementType,
    shape: readonly (number | string)[],
  ): void {
    this.#nodes.push({
      op: 'Identity',
      domain: '',
      name,
      inputs: [value],
      outputs: [name],
      attributes: {},
    });
    this.#outputs.push({ name, type, shape });
  }

  /** A constant; one of the same name is taken to be the same. Bodies keep theirs in the graph. */
  constant(tensor: OnnxTensor): string {
    if (this.#parent !== undefined) return this.#parent.constant(tensor);
    this.#initializers.set(tensor.name, tensor);
    return tensor.name;
  }

  /** A builder for a graph inside a node of this one, which may use the values of this one. */
  body(): GraphBuilder {
    return new GraphBuilder(this);
  }

  /** A list of int64 constants: shapes, axes, starts, ends. */
  shape(...values: readonly number[]): string {
    return this.constant(int64Tensor(`ints_${values.join('_')}`, [values.length], values));
  }

  /** A node with one output, whose name is returned. An empty input is one left out. */
  node(op: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.#add(op, inputs, 1, options)[0] ?? '';
  }

  /** A node with `count` outputs. */
  nodes(
    op: string,
    inputs: readonly string[],
    count: number,
    options: NodeOptions = {},
  ): readonly string[] {
    return this.#add(op, inputs, count, options);
  }

  #add(op: string, inputs: readonly string[], count: number, options: NodeOptions): string[] {
    const name = `${this.#prefix}${op}_${this.#nodes.length}`;
    const outputs = Array.from({ length: count }, (_, index) => `${name}:${index}`);
    const attributes = Object.entries(options.attributes ?? {}).map(
      ([key, value]) => [key, asAttribute(value)] as const,
    );
    this.#nodes.push({
      op,
      domain: options.domain ?? '',
      name,
      inputs,
      outputs,
      attributes: Object.fromEntries(attributes),
    });
    return outputs;
  }

  /** The graph so far as a model. */
  build(options: BuildOptions): OnnxModel {
    return {
      irVersion: 8,
      producer: 'roto',
      opsets: options.opsets,
      graph: this.buildGraph(options.name),
    };
  }

  /** The graph so far, for a node that has it as a body. */
  buildGraph(name: string): OnnxGraph {
    return {
      name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
      values: [],
    };
  }
}
