import { GraphBuilder, ints } from '../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import { NodeWeights } from '../../onnx/node-weights.ts';
import { floatTensor, tensorFloats } from '../../onnx/tensor.ts';
import { EncoderGraph, microsoft, type Precision } from './encoder-graph.ts';
import { foldNorm, groupHeads } from './encoder-weights.ts';

/** TinyViT-5M's attention stages, as MobileSAM has them; stage 0 is convolutions only. */
const stages = [
  { layer: 1, channels: 128, heads: 4, blocks: 2, window: 7 },
  { layer: 2, channels: 160, heads: 5, blocks: 6, window: 14 },
  { layer: 3, channels: 320, heads: 10, blocks: 2, window: 7 },
] as const;

type Stage = (typeof stages)[number];

const normEpsilon = 1e-5;
const neckEpsilon = 1e-6;

/** Size of a stage's tokens, all one-element int64 values decided at run time. */
interface TokenGrid {
  readonly height: string;
  readonly width: string;
}

/** How a stage's tokens lie in windows; every value is computed in the graph from its size. */
interface WindowShapes {
  /** Amounts of zero tokens added at the bottom and right: [0, 0, 0, bottom, right, 0]. */
  readonly pads: string;
  /** [rows, cols, channels]. */
  readonly tokens: string;
  /** [rows of windows, window, columns of windows, window * channels]. */
  readonly cut: string;
  /** [rows of windows, columns of windows, window, window * channels]. */
  readonly cutByWindow: string;
  /** [windows, window^2, channels]. */
  readonly windows: string;
  /** [padded rows, padded cols, channels]. */
  readonly padded: string;
  /** [rows, cols]: where the padding is cut off again. */
  readonly ends: string;
  /** [1, rows, cols, channels]. */
  readonly picture: string;
}

function windowShapes(graph: GraphBuilder, grid: TokenGrid, stage: Stage): WindowShapes {
  const { channels, window } = stage;
  const zero = graph.shape(0);
  const side = graph.shape(window);
  const add = (a: string, b: string) => graph.node('Add', [a, b]);
  const count = (length: string) => graph.node('Div', [add(length, graph.shape(window - 1)), side]);
  const concat = (...parts: readonly string[]) =>
    graph.node('Concat', parts, { attributes: { axis: 0 } });
  const down = count(grid.height);
  const across = count(grid.width);
  const rows = graph.node('Mul', [down, side]);
  const cols = graph.node('Mul', [across, side]);
  const bottom = graph.node('Sub', [rows, grid.height]);
  const right = graph.node('Sub', [cols, grid.width]);
  const all = graph.shape(channels);
  const run = graph.shape(window * channels);
  return {
    pads: concat(zero, zero, zero, bottom, right, zero),
    tokens: concat(grid.height, grid.width, all),
    cut: concat(down, side, across, run),
    cutByWindow: concat(down, across, side, run),
    windows: graph.shape(-1, window * window, channels),
    padded: concat(rows, cols, all),
    ends: concat(grid.height, grid.width),
    picture: concat(graph.shape(1), grid.height, grid.width, all),
  };
}

/** Attention inside windows, before its projection; tokens [tokens][channels] in and out. */
function attention(
  net: EncoderGraph,
  tokens: string,
  at: string,
  stage: Stage,
  shapes: WindowShapes,
): string {
  const { graph } = net;
  const { channels, heads, window } = stage;
  const dotted = at.slice(1).replaceAll('/', '.');
  const reshape = (value: string, shape: string) => graph.node('Reshape', [value, shape]);
  const gamma = net.floats(`${dotted}.attn.norm.weight`);
  const beta = net.floats(`${dotted}.attn.norm.bias`);
  const published = net.linear(`${at}/attn/qkv/MatMul`, `${dotted}.attn.qkv.bias`);
  const qkv = groupHeads(foldNorm(published, gamma, beta), heads);

  // The norm's shift is in the bias, so a padded token of zeros is what the published graph makes
  // of one: norm(0) is the shift alone.
  const normed = reshape(net.norm(tokens, channels, normEpsilon), shapes.tokens);
  const cut = reshape(graph.node('Pad', [normed, shapes.pads]), shapes.cut);
  const windows = reshape(net.transpose(cut, 0, 2, 1, 3), shapes.windows);
  const parts = graph.nodes('Split', [net.product(windows, qkv, `${dotted}.qkv`)], 3, {
    attributes: { axis: 2 },
  });
  const positions = tensorFloats(net.weights.tensor(`${at}/attn/Constant_5_output_0`));
  const area = window * window;
  const attended = graph.node(
    'MultiHeadAttention',
    [
      ...parts,
      net.vector(`${dotted}.qkv.bias`, qkv.bias),
      '',
      graph.constant(floatTensor(`${dotted}.positions`, [1, heads, area, area], positions)),
    ],
    { domain: microsoft, attributes: { num_heads: heads } },
  );
  const joined = net.transpose(reshape(attended, shapes.cutByWindow), 0, 2, 1, 3);
  const cropped = graph.node('Slice', [
    reshape(joined, shapes.padded),
    graph.shape(0, 0),
    shapes.ends,
    graph.shape(0, 1),
  ]);
  return reshape(cropped, graph.shape(-1, channels));
}

/** One transformer block: attention, a depthwise convolution, a two-layer perceptron. */
function block(
  net: EncoderGraph,
  tokens: string,
  at: string,
  stage: Stage,
  shapes: WindowShapes,
): string {
  const { graph } = net;
  const { channels } = stage;
  const dotted = at.slice(1).replaceAll('/', '.');
  const attended = attention(net, tokens, at, stage, shapes);
  const projection = net.linear(`${at}/attn/proj/MatMul`, `${dotted}.attn.proj.bias`);
  const mixed = graph.node('Add', [tokens, net.affine(attended, projection, `${dotted}.proj`)]);

  const picture = net.transpose(graph.node('Reshape', [mixed, shapes.picture]), 0, 3, 1, 2);
  const local = net.transpose(net.conv(picture, `${at}/local_conv/c/Conv`, true), 0, 2, 3, 1);
  const flat = graph.node('Reshape', [local, graph.shape(-1, channels)]);

  const widen = foldNorm(
    net.linear(`${at}/mlp/fc1/MatMul`, `${dotted}.mlp.fc1.bias`),
    net.floats(`${dotted}.mlp.norm.weight`),
    net.floats(`${dotted}.mlp.norm.bias`),
  );
  const narrow = net.linear(`${at}/mlp/fc2/MatMul`, `${dotted}.mlp.fc2.bias`);
  const hidden = net.affine(net.norm(flat, channels, normEpsilon), widen, `${dotted}.fc1`);
  return graph.node('Add', [flat, net.affine(net.gelu(hidden), narrow, `${dotted}.fc2`)]);
}

/** Convolution to a quarter of the side, then the two residual blocks of stage 0. */
function stem(net: EncoderGraph, pixels: string): string {
  let value = net.gelu(net.conv(pixels, '/patch_embed/seq/seq.0/c/Conv', true));
  value = net.conv(value, '/patch_embed/seq/seq.2/c/Conv', true);
  for (const at of ['/layers.0/blocks.0', '/layers.0/blocks.1']) {
    const wide = net.gelu(net.conv(value, `${at}/conv1/c/Conv`, true));
    const local = net.gelu(net.conv(wide, `${at}/conv2/c/Conv`, true));
    const narrow = net.conv(local, `${at}/conv3/c/Conv`, true);
    value = net.gelu(net.graph.node('Add', [narrow, value]));
  }
  return value;
}

/** Patch merging between stages: [1, channels, height, width] in and out. */
function merge(net: EncoderGraph, picture: string, layer: number): string {
  const at = `/layers.${layer}/downsample`;
  const wide = net.gelu(net.conv(picture, `${at}/conv1/c/Conv`, true));
  const local = net.gelu(net.conv(wide, `${at}/conv2/c/Conv`, true));
  return net.conv(local, `${at}/conv3/c/Conv`, true);
}

function tokenGrid(graph: GraphBuilder, picture: string): TokenGrid {
  const side = (start: number, end: number) =>
    graph.node('Shape', [picture], { attributes: { start, end } });
  return { height: side(2, 3), width: side(3, 4) };
}

/** A stage's blocks: [1, channels, height, width] in and out. */
function attentionStage(net: EncoderGraph, picture: string, stage: Stage): string {
  const { graph } = net;
  const shapes = windowShapes(graph, tokenGrid(graph, picture), stage);
  let tokens = graph.node('Reshape', [
    net.transpose(picture, 0, 2, 3, 1),
    graph.shape(-1, stage.channels),
  ]);
  for (let index = 0; index < stage.blocks; index++) {
    tokens = block(net, tokens, `/layers.${stage.layer}/blocks.${index}`, stage, shapes);
  }
  return net.transpose(graph.node('Reshape', [tokens, shapes.picture]), 0, 3, 1, 2);
}

/** Layer norm over the channels of [1, channels, height, width], as [1, height, width, channels]. */
function neckNorm(net: EncoderGraph, value: string, gamma: string, beta: string): string {
  const nhwc = net.transpose(value, 0, 2, 3, 1);
  return net.affineNorm(nhwc, net.floats(gamma), net.floats(beta), neckEpsilon);
}

/** Image embedding of 256 channels from the last stage. */
function neck(net: EncoderGraph, picture: string): string {
  const narrow = net.conv(picture, '/neck/neck.0/Conv', false);
  const normed = neckNorm(net, narrow, 'onnx::Mul_2726', 'onnx::Add_2728');
  const spread = net.conv(net.transpose(normed, 0, 3, 1, 2), '/neck/neck.2/Conv', false);
  const last = neckNorm(net, spread, 'onnx::Mul_2730', 'onnx::Add_2732');
  return net.transpose(last, 0, 3, 1, 2);
}

/**
 * MobileSAM's encoder for views of any size in multiples of 16, from the published one's weights.
 * Input `pixels` [1, 3, height, width]; outputs `embedding` [1, 256, height/16, width/16] and
 * `stage1` [1, 128, height/16, width/16], stage 1 of TinyViT pooled 2x2.
 * Source: Wu et al., TinyViT, 2022 (5M variant); Zhang et al., Faster Segment Anything, 2023.
 */
export function buildEncoder(published: OnnxModel, precision: Precision): OnnxModel {
  const graph = new GraphBuilder();
  const net = new EncoderGraph(graph, new NodeWeights(published.graph), precision);
  const pixels = graph.input('pixels', 'float32', [1, 3, 'height', 'width']);
  let picture = merge(net, stem(net, pixels), 0);
  for (const stage of stages) {
    picture = attentionStage(net, picture, stage);
    if (stage.layer === 1) {
      const pooled = graph.node('AveragePool', [picture], {
        attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2) },
      });
      graph.output('stage1', pooled, 'float32', [1, 128, 'rows', 'columns']);
    }
    if (stage.layer < 3) {
      picture = merge(net, picture, stage.layer);
    }
  }
  graph.output('embedding', neck(net, picture), 'float32', [1, 256, 'rows', 'columns']);
  return graph.build({ name: 'mobilesam-encoder', opsets: { '': 17, [microsoft]: 1 } });
}
