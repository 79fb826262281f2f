import type { OnnxModel } from '../../../onnx/model.ts';
import { sam2Sizes } from '../architecture.ts';
import { absentLogit } from '../choose-mask.ts';
import type { WeightPlan } from '../weights/weight-plan.ts';
import { encodePicture, type ImageEncoderOptions } from './image-encoder.ts';
import { type Decoded, decodeMasks } from './mask-decoder.ts';
import { remember } from './memory-attention.ts';
import { enlarge, memoryTokens } from './memory-encoder.ts';
import { noDense, noPointTokens } from './prompt-encoder.ts';
import { Sam2Graph } from './sam2-graph.ts';

const { dim, memoryDim, maskTokens } = sam2Sizes;

/**
 * A tracked frame from pixels to what is remembered of it, in one graph: only small values cross the
 * bus to a graphics card. Inputs: `pixels` of the image encoder; `maps`, in the numbers of the
 * graph, `rows`, `pointers` and `positions` of memory attention. Outputs: `mask`
 * [objects, 4E, 4E] logits, `pointer` [objects, 256], `score` [objects, 1], `ious` [objects, 4],
 * `memory` [objects, E * E, 64]. The mask is chosen as `chooseMask` does it without points.
 */
export function buildTrackFrame(plan: WeightPlan, options: ImageEncoderOptions): OnnxModel {
  const net = new Sam2Graph(plan, options.precision);
  const side = options.size / 16;
  const features = encodePicture(net, options);
  const maps = net.input('maps', plan.floats, 'objects', 'frames', side * side, memoryDim);
  const objects = net.graph.node('Shape', [maps], { attributes: { start: 0, end: 1 } });
  const image = remember(net, features.image, maps, side);
  const exact = net.exactly();
  const promptable = {
    fine: net.widen(features.fine),
    middle: net.widen(features.middle),
    image: net.widen(image),
    prompts: noPointTokens(exact, objects),
    dense: noDense(exact),
  };
  const decoded = decodeMasks(exact, promptable, side);
  const { mask, pointer, present } = choose(net, decoded);
  const absent = net.cast(net.graph.node('Not', [present]), plan.floats);
  const seen = {
    image: features.image,
    mask: net.graph.node('Sigmoid', [enlarge(net, net.reshape(mask, -1, 1, 4 * side, 4 * side))]),
    absent: net.reshape(absent, -1, 1, 1, 1),
  };
  net.exactOutput('mask', mask, 'objects', 4 * side, 4 * side);
  net.exactOutput('pointer', pointer, 'objects', dim);
  net.exactOutput('score', decoded.score, 'objects', 1);
  net.exactOutput('ious', decoded.ious, 'objects', maskTokens);
  net.output('memory', memoryTokens(net, seen, side), 'objects', side * side, memoryDim);
  return net.build('sam2-track-frame');
}

interface Choice {
  /** float32 [objects, 4E, 4E] */
  readonly mask: string;
  /** float32 [objects, 256] */
  readonly pointer: string;
  /** bool [objects, 1] */
  readonly present: string;
}

/** The best of the three alternatives, of equal ones the first; nothing where the object is not there. */
function choose(net: Sam2Graph, { masks, ious, pointers, score }: Decoded): Choice {
  const three = net.graph.node('Slice', [
    ious,
    net.graph.shape(1),
    net.graph.shape(maskTokens),
    net.graph.shape(1),
  ]);
  const best = net.graph.node('ArgMax', [three], { attributes: { axis: 1, keepdims: 1 } });
  const index = net.add(best, net.graph.shape(1));
  const pick = (values: string) =>
    net.graph.node('GatherND', [values, index], { attributes: { batch_dims: 1 } });
  const present = net.graph.node('Greater', [score, net.exactNumber('zero', 0)]);
  const nothing = net.exactNumber('absent.logit', absentLogit);
  return {
    mask: net.graph.node('Where', [net.reshape(present, -1, 1, 1), pick(masks), nothing]),
    pointer: net.graph.node('Where', [
      present,
      pick(pointers),
      net.exactWeight('no_obj_ptr', 1, dim),
    ]),
    present,
  };
}
