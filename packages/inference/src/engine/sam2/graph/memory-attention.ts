import type { OnnxModel } from '../../../onnx/model.ts';
import { floatTensor } from '../../../onnx/tensor.ts';
import { sam2Sizes } from '../architecture.ts';
import { evenRowsFirst, foldBias, foldWeights } from '../weights/folds.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { pointerFrequencies, rotationTable, sinePositions } from './position-tables.ts';
import { type LinearWeights, Sam2Graph } from './sam2-graph.ts';

const { dim, memoryDim, memoryFrames, memoryLayers } = sam2Sizes;
const normEpsilon = 1e-5;
/** How much of the position embedding is added to the image. */
const positionShare = 0.1;

/** Constants that all layers share. */
interface Tables {
  /** E * E: tokens of a map. */
  readonly area: number;
  readonly cosines: string;
  readonly sines: string;
}

/** What the image attends to. */
interface Memory {
  /** Maps with their positions, [objects * frames * area][64]. */
  readonly maps: string;
  /** Pointers with their positions, [objects * pointers][64]. */
  readonly pointers: string;
  /** Maps, then pointers, without positions: [objects][tokens][64]. */
  readonly values: string;
  /** How many objects there are, one int64. */
  readonly objects: string;
  /** Shape [objects, -1, 256] of keys. */
  readonly keyShape: string;
}

/**
 * Memory attention. Inputs: `image` [1, 256, E, E]; `maps` [objects, frames, E * E, 64]; `rows` int64
 * [objects, frames], rows of `maskmem_tpos_enc`; `pointers` [objects, pointers, 64], four for each
 * object pointer, and their `positions` [objects, pointers]. Output `remembered`
 * [objects, 256, E, E]. Frames and pointers are of any number; pointers may be none.
 * Source: Ravi et al., SAM 2, 2024.
 * @param size side of the input picture, a multiple of 32
 */
export function buildMemoryAttention(plan: WeightPlan, size: number): OnnxModel {
  const net = new Sam2Graph(plan);
  const side = size / 16;
  const image = net.floatInput('image', 1, dim, side, side);
  const maps = net.floatInput('maps', 'objects', 'frames', side * side, memoryDim);
  net.output('remembered', remember(net, image, maps, side), 'objects', dim, side, side);
  return net.build('sam2-memory-attention');
}

/**
 * The image [1, 256, E, E] as each object's memory makes it, [objects, 256, E, E]. Adds the inputs
 * `rows`, `pointers` and `positions`, see {@link buildMemoryAttention}.
 */
export function remember(net: Sam2Graph, image: string, maps: string, side: number): string {
  const tables = tablesOf(net, side);
  const memory = memoryOf(net, maps, side);
  let tokens = imageTokens(net, image, side);
  for (let layer = 0; layer < memoryLayers; layer += 1) {
    const name = `memory_attention.layers.${layer}`;
    tokens = withSelfAttention(net, tokens, tables, name);
    // Until here all objects see the same image.
    if (layer === 0) tokens = onceForEach(net, tokens, memory, tables);
    tokens = withMemory(net, tokens, memory, tables, name);
    tokens = withPerceptron(net, tokens, name);
  }
  const normed = net.norm(tokens, 'memory_attention.norm', normEpsilon);
  const planes = net.transpose(net.reshape(normed, -1, tables.area, dim), 0, 2, 1);
  return net.reshape(planes, -1, dim, side, side);
}

function tablesOf(net: Sam2Graph, side: number): Tables {
  const area = side * side;
  const table = (name: string, wave: (angle: number) => number) =>
    net.derived({
      name: `rotation.${name}`,
      dims: [area, dim / 2],
      from: [],
      make: () => rotationTable(side, dim, wave),
    });
  return { area, cosines: table('cosines', Math.cos), sines: table('sines', Math.sin) };
}

/** The image with its positions as tokens [E * E][256]. */
function imageTokens(net: Sam2Graph, image: string, side: number): string {
  const positions = net.derived({
    name: 'image.positions',
    dims: [side * side, dim],
    from: [],
    make: () => sinePositions(side, dim).map((value) => positionShare * value),
  });
  return net.add(net.transpose(net.reshape(image, dim, -1), 1, 0), positions);
}

function memoryOf(net: Sam2Graph, maps: string, side: number): Memory {
  const area = side * side;
  const rows = net.input('rows', 'int64', 'objects', 'frames');
  const pointers = net.floatInput('pointers', 'objects', 'pointers', memoryDim);
  const distances = net.input('positions', 'float32', 'objects', 'pointers');
  const places = net.derived({
    name: 'memory.positions',
    dims: [area, memoryDim],
    from: [],
    make: () => sinePositions(side, memoryDim),
  });
  const times = net.graph.node('Gather', [
    net.weight('maskmem_tpos_enc', memoryFrames, 1, memoryDim),
    rows,
  ]);
  const placed = net.add(maps, net.add(times, places));
  const objects = net.graph.node('Shape', [rows], { attributes: { start: 0, end: 1 } });
  const flat = net.concat(0, objects, net.graph.shape(-1, memoryDim));
  return {
    maps: net.reshape(placed, -1, memoryDim),
    pointers: net.add(net.reshape(pointers, -1, memoryDim), pointerPositions(net, distances)),
    values: net.concat(1, net.graph.node('Reshape', [maps, flat]), pointers),
    objects,
    keyShape: net.concat(0, objects, net.graph.shape(-1, dim)),
  };
}

/** Embedding of distances [objects][pointers] as a matrix [objects * pointers][64]. */
function pointerPositions(net: Sam2Graph, distances: string): string {
  const column = net.reshape(distances, -1, 1);
  const frequencies = net.graph.constant(
    floatTensor('pointer.frequencies', [1, dim / 2], pointerFrequencies(dim)),
  );
  const angles = net.graph.node('Div', [column, frequencies]);
  const waves = net.concat(1, net.graph.node('Sin', [angles]), net.graph.node('Cos', [angles]));
  return net.linear(net.narrow(waves), 'obj_ptr_tpos_proj');
}

function withSelfAttention(net: Sam2Graph, tokens: string, tables: Tables, name: string): string {
  const asked = net.norm(tokens, `${name}.norm1`, normEpsilon);
  return net.add(tokens, selfAttention(net, asked, tables, `${name}.self_attn`));
}

function withMemory(
  net: Sam2Graph,
  tokens: string,
  memory: Memory,
  tables: Tables,
  name: string,
): string {
  const asked = net.norm(tokens, `${name}.norm2`, normEpsilon);
  return net.add(tokens, crossAttention(net, asked, memory, tables, `${name}.cross_attn_image`));
}

function withPerceptron(net: Sam2Graph, tokens: string, name: string): string {
  const hidden = net.linear(net.norm(tokens, `${name}.norm3`, normEpsilon), `${name}.linear1`);
  return net.add(tokens, net.linear(net.relu(hidden), `${name}.linear2`));
}

function onceForEach(net: Sam2Graph, tokens: string, memory: Memory, tables: Tables): string {
  const shape = net.concat(0, memory.objects, net.graph.shape(tables.area, dim));
  const repeated = net.graph.node('Expand', [net.reshape(tokens, 1, tables.area, dim), shape]);
  return net.reshape(repeated, -1, dim);
}

function selfAttention(net: Sam2Graph, tokens: string, tables: Tables, name: string): string {
  const maps = (value: string) => net.reshape(value, -1, tables.area, dim);
  const turned = (layer: string) =>
    net.rotate(maps(net.linear(tokens, turnedLayer(net, layer))), tables.cosines, tables.sines);
  const values = maps(net.linear(tokens, `${name}.v_proj`));
  const attended = net.attend(1, turned(`${name}.q_proj`), turned(`${name}.k_proj`), values);
  return net.linear(net.reshape(attended, -1, dim), `${name}.out_proj`);
}

/**
 * Attention to the memory of one or more objects. With one head the memory itself is averaged and
 * goes through the layers for values and output as one: softmax(q k) (m V) O = softmax(q k) m (V O).
 */
function crossAttention(
  net: Sam2Graph,
  tokens: string,
  memory: Memory,
  tables: Tables,
  name: string,
): string {
  const turn = (value: string) =>
    net.rotate(net.reshape(value, -1, tables.area, dim), tables.cosines, tables.sines);
  const queries = turn(net.linear(tokens, turnedLayer(net, `${name}.q_proj`)));
  const keyLayer = turnedLayer(net, `${name}.k_proj`);
  const split = (value: string) => net.graph.node('Reshape', [value, memory.keyShape]);
  const mapKeys = split(turn(net.linear(memory.maps, keyLayer)));
  const keys = net.concat(1, mapKeys, split(net.linear(memory.pointers, keyLayer)));
  const attended = net.attend(1, queries, keys, memory.values);
  return net.linear(net.reshape(attended, -1, memoryDim), foldedOutput(net, name));
}

/** A layer whose outputs turn in halves, where the checkpoint's turn in neighbouring pairs. */
function turnedLayer(net: Sam2Graph, name: string): LinearWeights {
  const dims = net.plan.shape(`${name}.weight`);
  const derived = (part: string, sides: readonly number[]) =>
    net.derived({
      name: `${name}.halves.${part}`,
      dims: sides,
      from: [`${name}.${part}`],
      make: (values) => evenRowsFirst(values, dim),
    });
  return { weight: derived('weight', dims), bias: derived('bias', [dim]) };
}

/** The layers of values and output as one, from memory to image. */
function foldedOutput(net: Sam2Graph, name: string): LinearWeights {
  const [output, value] = [`${name}.out_proj`, `${name}.v_proj`];
  const weight = net.derived({
    name: `${output}.folded.weight`,
    dims: [dim, memoryDim],
    from: [`${output}.weight`, `${value}.weight`],
    make: (outer, inner) => foldWeights(outer, inner, memoryDim),
  });
  const bias = net.derived({
    name: `${output}.folded.bias`,
    dims: [dim],
    from: [`${output}.weight`, `${output}.bias`, `${value}.bias`],
    make: foldBias,
  });
  return { weight, bias };
}
