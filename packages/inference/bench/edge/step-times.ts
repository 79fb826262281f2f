import { choke } from '../../src/matte/choke.ts';
import { compositeOver } from '../../src/matte/composite.ts';
import { despeckle } from '../../src/matte/despeckle.ts';
import { despill } from '../../src/matte/despill.ts';
import { feather } from '../../src/matte/feather.ts';
import { fillHoles } from '../../src/matte/fill-holes.ts';
import { estimateForeground } from '../../src/matte/foreground.ts';
import { drawSoftEdge } from '../../src/matte/soft-edge.ts';
import { makeMask } from './made-mask.ts';
import { plainEdges } from './plain-edges.ts';
import type { TrueFrame } from './true-edge.ts';

export interface StepTime {
  readonly ms: number;
  readonly ratio: number;
}

const scale = 3;
const rounds = 7;

/** Median processor time of every matte step on the frame enlarged to three times its size. */
export function stepTimes(small: TrueFrame): Record<string, StepTime> {
  const truth = enlarge(small);
  const { plate } = truth;
  const mask = makeMask(truth, { context: 2, blur: 1, wander: 0.5 });
  const matte = drawSoftEdge(mask, plate);
  const deep = { ...plate, rgb: Uint16Array.from(plate.rgb, (value) => value * 257) };
  const steps: Record<string, () => unknown> = {
    'bilinear sigmoid': () => plainEdges(mask, plate.width, plate.height),
    'drawn edge': () => drawSoftEdge(mask, plate),
    'despeckle 50': () => despeckle(matte, 50),
    'fill holes 50': () => fillHoles(matte, 50),
    'choke 1.5': () => choke(matte, 1.5),
    'choke -1.5': () => choke(matte, -1.5),
    'feather 2': () => feather(matte, 2),
    'feather 20': () => feather(matte, 20),
    foreground: () => estimateForeground(deep, matte),
    despill: () => despill(deep, matte, '#00b140'),
    composite: () => compositeOver(deep, matte, '#00b140'),
  };
  const times: Record<string, StepTime> = {};
  let unit = 0;
  for (const [name, step] of Object.entries(steps)) {
    const ms = median(Array.from({ length: rounds }, () => timeOf(step)));
    unit ||= ms;
    times[name] = { ms, ratio: ms / unit };
  }
  return times;
}

function timeOf(step: () => unknown): number {
  // Processor time: other work on the machine does not count.
  const start = process.cpuUsage();
  step();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

function enlarge({ plate, alpha }: TrueFrame): TrueFrame {
  const width = plate.width * scale;
  const height = plate.height * scale;
  const source = (i: number) =>
    Math.floor(i / width / scale) * plate.width + Math.floor((i % width) / scale);
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < rgb.length; i++) {
    rgb[i] = plate.rgb[3 * source(Math.floor(i / 3)) + (i % 3)] ?? 0;
  }
  const large = Float32Array.from({ length: width * height }, (_, i) => alpha[source(i)] ?? 0);
  return { plate: { number: plate.number, width, height, rgb }, alpha: large };
}
