import { type StateFormat, StateReader, writeStateBytes } from '../state-bytes.ts';
import { featureCount } from './cell-features.ts';
import { type FitSums, triangleLength } from './ridge.ts';
import { fitKeys } from './target-memory.ts';
import type { TrackerState } from './tracker-state.ts';
import { maskSize } from './view.ts';

const format: StateFormat = { magic: 'ROTOLITE', version: 2, what: 'a lite tracker' };

function blocksOf(state: TrackerState): Float32Array[] {
  const { keys, recent, newest } = state.memory;
  const sums = [keys, recent, ...(newest === undefined ? [] : [newest])];
  return [
    state.mask.logits,
    state.trust,
    state.grey.data,
    state.means,
    ...sums.flatMap(({ gram, moment }) => [gram, moment]),
  ];
}

/** A tracker's state as bytes; a state read from them is the same to the bit. */
export function writeSnapshot(state: TrackerState): Uint8Array {
  const { mask, memory, grey, picture, box, velocity } = state;
  const { area, keyArea, reach, moving, lostFrames } = state;
  const header = {
    // Named one by one: equal states give equal bytes, in whatever order they were put together.
    picture,
    box,
    velocity,
    area,
    keyArea,
    reach,
    moving,
    lostFrames,
    view: mask.view,
    grey: { width: grey.width, height: grey.height },
    keyCount: memory.keyCount,
    newest: memory.newest !== undefined,
  };
  return writeStateBytes(format, header, blocksOf(state));
}

/** A number at a path of the header, or a refusal. */
function numberAt(reader: StateReader, ...path: string[]): number {
  let value = reader.header;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw reader.corrupt(`its header has no number "${path.join('.')}"`);
  }
  return value;
}

/**
 * The state that {@link writeSnapshot} wrote.
 * @throws RotoError `cache_corrupt` when the bytes are not such a state, or of another version.
 */
export function readSnapshot(bytes: Uint8Array): TrackerState {
  const reader = new StateReader(format, bytes);
  const number = (...path: string[]) => numberAt(reader, ...path);
  const next = (length: number) => reader.floats(length);
  const pair = (name: string) => ({ x: number(name, 'x'), y: number(name, 'y') });
  const view = {
    ...pair('view'),
    side: number('view', 'side'),
    scale: number('view', 'scale'),
    gridWidth: number('view', 'gridWidth'),
    gridHeight: number('view', 'gridHeight'),
  };
  const { width, height } = maskSize(view);
  const logits = next(width * height);
  const trust = next(width * height);
  const grey = { width: number('grey', 'width'), height: number('grey', 'height') };
  const greyData = next(grey.width * grey.height);
  const means = next(featureCount - 1);
  const sums = (): FitSums => ({
    size: featureCount,
    gram: next(triangleLength(featureCount)),
    moment: next(featureCount),
  });
  const memory = {
    keys: sums(),
    recent: sums(),
    keyCount: number('keyCount'),
    newest: Reflect.get(Object(reader.header), 'newest') === true ? sums() : undefined,
  };
  return {
    picture: { width: number('picture', 'width'), height: number('picture', 'height') },
    mask: { view, width, height, logits },
    box: {
      x1: number('box', 'x1'),
      y1: number('box', 'y1'),
      x2: number('box', 'x2'),
      y2: number('box', 'y2'),
    },
    velocity: pair('velocity'),
    area: number('area'),
    keyArea: number('keyArea'),
    reach: number('reach'),
    moving: number('moving'),
    lostFrames: number('lostFrames'),
    grey: { ...grey, data: greyData },
    trust,
    means,
    memory,
    keyModel: fitKeys(memory),
  };
}
