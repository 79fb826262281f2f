import { type Linear, quantiseColumns } from '../../lite/encoder-weights.ts';
import { microsoft, type Sam2Graph } from './sam2-graph.ts';

/** One of equal parts of the outputs of a layer: their weights lie one after the other. */
export interface LayerPart {
  readonly index: number;
  readonly count: number;
}

const whole: LayerPart = { index: 0, count: 1 };

/** A linear layer of the trunk over a matrix, in the precision of the graph. */
export function trunkLayer(net: Sam2Graph, tokens: string, name: string, part = whole): string {
  if (net.precision === 'int8') return quantisedLayer(net, tokens, name, part);
  return net.linear(tokens, {
    weight: net.graph.constant(net.plan.rows(`${name}.weight`, part)),
    bias: net.graph.constant(net.plan.rows(`${name}.bias`, part)),
  });
}

/**
 * A layer with weights of one signed byte and a scale for each output; tokens become unsigned bytes
 * at run time, with one scale for all of them.
 */
function quantisedLayer(net: Sam2Graph, tokens: string, name: string, part: LayerPart): string {
  const [outputs = 0, inner = 0] = net.plan.shape(`${name}.weight`);
  const outer = outputs / part.count;
  const quantised = (weight: Float32Array) => quantiseColumns(columnsOf(weight, inner, part));
  const key = `${name}.int8.${part.index}`;
  const weight = net.derived({
    name: `${key}.weight`,
    dims: [inner, outer],
    type: 'int8',
    from: [`${name}.weight`],
    make: (values) => quantised(values).quantised,
  });
  const scale = net.derived({
    name: `${key}.scale`,
    dims: [outer],
    from: [`${name}.weight`],
    make: (values) => quantised(values).scale,
  });
  const bias = net.graph.constant(net.plan.rows(`${name}.bias`, part));
  return net.graph.node('DynamicQuantizeMatMul', [tokens, weight, scale, '', bias], {
    domain: microsoft,
  });
}

/** A part of the rows of [out][in] as the columns of a matrix [in][out]. */
function columnsOf(rows: Float32Array, inner: number, { index, count }: LayerPart): Linear {
  const outer = rows.length / inner / count;
  const weight = new Float32Array(inner * outer);
  const start = index * outer * inner;
  for (let row = 0; row < outer; row += 1) {
    for (let column = 0; column < inner; column += 1) {
      weight[column * outer + row] = rows[start + row * inner + column] ?? 0;
    }
  }
  return { inner, outer, weight, bias: new Float32Array(outer) };
}
