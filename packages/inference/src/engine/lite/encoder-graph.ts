import { float, type GraphBuilder, ints } from '../../onnx/graph-builder.ts';
import type { NodeWeights } from '../../onnx/node-weights.ts';
import { floatTensor, int8Tensor, tensorFloats } from '../../onnx/tensor.ts';
import type { Linear } from './encoder-weights.ts';
import { quantiseColumns } from './encoder-weights.ts';

/** Width of the numbers in matrix products; convolutions are always float32. */
export type Precision = 'fp32' | 'int8';

/** Operator set of onnxruntime's own fused operators. */
export const microsoft = 'com.microsoft';

/** The operators of TinyViT over a graph that is being built. Tokens are [tokens][channels]. */
export class EncoderGraph {
  readonly graph: GraphBuilder;
  readonly weights: NodeWeights;
  readonly #precision: Precision;

  constructor(graph: GraphBuilder, weights: NodeWeights, precision: Precision) {
    this.graph = graph;
    this.weights = weights;
    this.#precision = precision;
  }

  /** Values of the constant called `name`. */
  floats(name: string): Float32Array {
    return tensorFloats(this.weights.tensor(name));
  }

  /** The linear map of the node called `node`; its bias is the constant `bias`. */
  linear(node: string, bias: string): Linear {
    const tensor = this.weights.of(node);
    const [inner = 0, outer = 0] = tensor.dims;
    return { inner, outer, weight: tensorFloats(tensor), bias: this.floats(bias) };
  }

  gelu(value: string): string {
    return this.graph.node('Gelu', [value], { domain: microsoft });
  }

  transpose(value: string, ...order: readonly number[]): string {
    return this.graph.node('Transpose', [value], { attributes: { perm: ints(...order) } });
  }

  /** Convolution of [1, channels, height, width], with the weights of the node called `node`. */
  conv(value: string, node: string, bias: boolean): string {
    const kernel = this.graph.constant(this.weights.of(node));
    const attributes = this.weights.node(node).attributes;
    const inputs = bias ? [kernel, this.graph.constant(this.weights.of(node, 1))] : [kernel];
    return this.graph.node('Conv', [value, ...inputs], { attributes });
  }

  /** Layer norm over the last axis without scale and shift; those are folded into what follows. */
  norm(value: string, channels: number, epsilon: number): string {
    return this.affineNorm(value, new Float32Array(channels).fill(1), undefined, epsilon);
  }

  /** Layer norm over the last axis. */
  affineNorm(
    value: string,
    gamma: Float32Array,
    beta: Float32Array | undefined,
    epsilon: number,
  ): string {
    const inputs = [value, this.vector(`gamma_${value}`, gamma)];
    if (beta !== undefined) {
      inputs.push(this.vector(`beta_${value}`, beta));
    }
    const attributes = { axis: -1, epsilon: float(epsilon) };
    return this.graph.node('LayerNormalization', inputs, { attributes });
  }

  vector(name: string, values: Float32Array): string {
    return this.graph.constant(floatTensor(name, [values.length], values));
  }

  /** value . weight, without the bias. `name` names the weights. */
  product(value: string, linear: Linear, name: string): string {
    if (this.#precision === 'fp32') {
      const weight = floatTensor(`${name}.weight`, [linear.inner, linear.outer], linear.weight);
      return this.graph.node('MatMul', [value, this.graph.constant(weight)]);
    }
    return this.#quantisedProduct(value, linear, name, []);
  }

  /** value . weight + bias over 2-D tokens. `name` names the weights. */
  affine(value: string, linear: Linear, name: string): string {
    const bias = this.vector(`${name}.bias`, linear.bias);
    if (this.#precision === 'fp32') {
      const weight = floatTensor(`${name}.weight`, [linear.inner, linear.outer], linear.weight);
      return this.graph.node('Gemm', [value, this.graph.constant(weight), bias]);
    }
    return this.#quantisedProduct(value, linear, name, [bias]);
  }

  /** Activations are quantised to unsigned bytes at run time, one scale a call. */
  #quantisedProduct(value: string, linear: Linear, name: string, bias: readonly string[]): string {
    const { quantised, scale } = quantiseColumns(linear);
    const weight = int8Tensor(`${name}.weight`, [linear.inner, linear.outer], quantised);
    const zero = int8Tensor(`${name}.zero`, [linear.outer], new Int8Array(linear.outer));
    return this.graph.node(
      'DynamicQuantizeMatMul',
      [
        value,
        this.graph.constant(weight),
        this.vector(`${name}.scale`, scale),
        this.graph.constant(zero),
        ...bias,
      ],
      { domain: microsoft },
    );
  }
}
