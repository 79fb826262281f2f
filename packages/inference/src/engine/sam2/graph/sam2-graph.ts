import { float, GraphBuilder, ints } from '../../../onnx/graph-builder.ts';
import { type ElementType, elementTypes, type OnnxModel } from '../../../onnx/model.ts';
import { floatTensor } from '../../../onnx/tensor.ts';
import type { DerivedWeight, WeightPlan } from '../weights/weight-plan.ts';

/** Operator set of onnxruntime's own fused operators. */
export const microsoft = 'com.microsoft';

/**
 * Numbers that the networks compute in: float32; float32 with bytes in the linear layers of the
 * trunk; or float16, with float32 for inputs, outputs, positions, what the layers of the trunk add
 * up to, and the mask decoder.
 */
export type Precision = 'fp32' | 'int8' | 'fp16';

/** A linear map, or a convolution of 1x1, by the names of its constants in the graph. */
export interface LinearWeights {
  /** [out][in] */
  readonly weight: string;
  /** [out] */
  readonly bias: string;
}

/** A value to go through slice by slice: the type and the sides of one slice. */
export interface Slices {
  readonly value: string;
  readonly type: ElementType;
  readonly sides: readonly number[];
}

/** A result for one slice: its type and its sides. */
export interface SliceResult {
  readonly value: string;
  readonly type: ElementType;
  readonly sides: readonly number[];
}

/**
 * The layers of SAM 2.1 over a graph that is being built. Tokens are matrices [tokens][channels];
 * pictures are [batch, channels, height, width]. Layers are named as in Meta's checkpoints.
 */
export class Sam2Graph {
  readonly graph: GraphBuilder;
  readonly plan: WeightPlan;
  readonly precision: Precision;

  constructor(plan: WeightPlan, precision: Precision = 'fp32', graph = new GraphBuilder()) {
    this.plan = plan;
    this.precision = precision;
    this.graph = graph;
  }

  /** This graph for layers that compute in float32 whatever the others do: it takes and gives float32. */
  exactly(): Sam2Graph {
    const plan = this.plan.exactly();
    return plan === this.plan ? this : new Sam2Graph(plan, 'fp32', this.graph);
  }

  /** A tensor of the checkpoint, under another shape where one is given. */
  weight(name: string, ...dims: readonly number[]): string {
    return this.graph.constant(
      dims.length === 0 ? this.plan.stored(name) : this.plan.stored(name, dims),
    );
  }

  /** A tensor of the checkpoint in float32, whatever the layers compute in. */
  exactWeight(name: string, ...dims: readonly number[]): string {
    return this.graph.constant(this.plan.exact(name, dims.length === 0 ? undefined : dims));
  }

  /** A float32 constant. */
  exactNumber(name: string, value: number): string {
    return this.graph.constant(floatTensor(name, [1], Float32Array.of(value)));
  }

  /** A float32 value in the numbers that layers compute in. */
  narrow(value: string): string {
    return this.plan.floats === 'float32' ? value : this.cast(value, this.plan.floats);
  }

  /** A value in the numbers that layers compute in as float32. */
  widen(value: string): string {
    return this.plan.floats === 'float32' ? value : this.cast(value, 'float32');
  }

  cast(value: string, type: ElementType): string {
    return this.graph.node('Cast', [value], { attributes: { to: elementTypes[type] } });
  }

  derived(weight: DerivedWeight): string {
    return this.graph.constant(this.plan.derived(weight));
  }

  /** Weight and bias of a linear layer or a convolution of 1x1. */
  layer(name: string): LinearWeights {
    const [outputs = 0, inputs = 0] = this.plan.shape(`${name}.weight`);
    return {
      weight: this.weight(`${name}.weight`, outputs, inputs),
      bias: this.weight(`${name}.bias`),
    };
  }

  /** tokens . weight^T + bias, of a matrix. */
  linear(tokens: string, layer: string | LinearWeights): string {
    const { weight, bias } = typeof layer === 'string' ? this.layer(layer) : layer;
    return this.graph.node('Gemm', [tokens, weight, bias], { attributes: { transB: 1 } });
  }

  /** value . weight^T over the last axis. */
  product(value: string, weight: string): string {
    return this.graph.node('FusedMatMul', [value, weight], {
      domain: microsoft,
      attributes: { transB: 1 },
    });
  }

  /** Linear layers with ReLU between them. */
  perceptron(tokens: string, name: string, layers: number): string {
    let value = tokens;
    for (let index = 0; index < layers; index += 1) {
      const linear = this.linear(value, `${name}.layers.${index}`);
      value = index < layers - 1 ? this.relu(linear) : linear;
    }
    return value;
  }

  /** Layer norm over the last axis. */
  norm(value: string, name: string, epsilon: number): string {
    return this.graph.node(
      'LayerNormalization',
      [value, this.weight(`${name}.weight`), this.weight(`${name}.bias`)],
      { attributes: { axis: -1, epsilon: float(epsilon) } },
    );
  }

  /** Layer norm over the channels of a picture. */
  pictureNorm(value: string, name: string, epsilon: number): string {
    const last = this.norm(this.transpose(value, 0, 2, 3, 1), name, epsilon);
    return this.transpose(last, 0, 3, 1, 2);
  }

  /** Convolution of a picture; the side of the kernel is that of the weight. */
  conv(
    value: string,
    name: string,
    options: { stride?: number; pad?: number; groups?: number } = {},
  ): string {
    const { stride = 1, pad = 0, groups = 1 } = options;
    return this.graph.node(
      'Conv',
      [value, this.weight(`${name}.weight`), this.weight(`${name}.bias`)],
      {
        attributes: {
          strides: ints(stride, stride),
          pads: ints(pad, pad, pad, pad),
          group: groups,
        },
      },
    );
  }

  /**
   * Attention of queries [batch, tokens, channels] to keys and values, scaled by the root of a
   * head's width. Values may be of another width than keys.
   */
  attend(heads: number, query: string, key: string, value: string, bias?: string): string {
    const inputs = bias === undefined ? [query, key, value] : [query, key, value, bias];
    return this.graph.node('MultiHeadAttention', inputs, {
      domain: microsoft,
      attributes: { num_heads: heads },
    });
  }

  /** Rotates halves of the channels of [batch, tokens, channels] by tables [tokens][channels / 2]. */
  rotate(value: string, cosines: string, sines: string): string {
    return this.graph.node('RotaryEmbedding', [value, this.graph.shape(0), cosines, sines], {
      domain: microsoft,
    });
  }

  gelu(value: string): string {
    return this.graph.node('Gelu', [value], { domain: microsoft });
  }

  relu(value: string): string {
    return this.graph.node('Relu', [value]);
  }

  add(a: string, b: string): string {
    return this.graph.node('Add', [a, b]);
  }

  reshape(value: string, ...sides: readonly number[]): string {
    return this.graph.node('Reshape', [value, this.graph.shape(...sides)]);
  }

  transpose(value: string, ...order: readonly number[]): string {
    return this.graph.node('Transpose', [value], { attributes: { perm: ints(...order) } });
  }

  concat(axis: number, ...parts: readonly string[]): string {
    return this.graph.node('Concat', parts, { attributes: { axis } });
  }

  /**
   * Runs a body once for each of the `count` first indices of `slices`; the results of all runs, one
   * after the other, along a new first axis. One slice alone needs no loop, and its results get no axis.
   */
  forEachSlice(
    count: number,
    slices: readonly Slices[],
    body: (net: Sam2Graph, ...slices: readonly string[]) => readonly SliceResult[],
  ): readonly string[] {
    if (count === 1) {
      const all = slices.map(({ value, sides }) => this.reshape(value, ...sides));
      return body(this, ...all).map(({ value }) => value);
    }
    const inner = new Sam2Graph(this.plan, this.precision, this.graph.body());
    const names = slices.map(({ value, type, sides }) =>
      inner.graph.input(`${value}.slice`, type, sides),
    );
    const results = body(inner, ...names);
    for (const { value, type, sides } of results) {
      inner.graph.output(`${value}.result`, value, type, sides);
    }
    const graph = { kind: 'graph', value: inner.graph.buildGraph('body') } as const;
    return this.graph.nodes(
      'Scan',
      slices.map(({ value }) => value),
      results.length,
      {
        attributes: { body: graph, num_scan_inputs: slices.length },
      },
    );
  }

  /** An input of the type said, as it comes. */
  input(name: string, type: ElementType, ...sides: readonly (number | string)[]): string {
    return this.graph.input(name, type, sides);
  }

  /** A float32 input, in the numbers that layers compute in. */
  floatInput(name: string, ...sides: readonly (number | string)[]): string {
    return this.narrow(this.input(name, 'float32', ...sides));
  }

  /** A float32 output of a value in the numbers that layers compute in. */
  output(name: string, value: string, ...sides: readonly (number | string)[]): void {
    this.exactOutput(name, this.widen(value), ...sides);
  }

  /** A float32 output of a value that is float32. */
  exactOutput(name: string, value: string, ...sides: readonly (number | string)[]): void {
    this.graph.output(name, value, 'float32', sides);
  }

  /** Of the later operator sets' Pad and ReduceMax the CUDA provider has no kernels. */
  build(name: string): OnnxModel {
    return this.graph.build({ name, opsets: { '': 18, [microsoft]: 1 } });
  }
}
