import { RotoError } from '@roto/sdk/contract';
import { featureCount } from './cell-features.ts';
import { type FitSums, triangleLength } from './ridge.ts';
import { fitKeys } from './target-memory.ts';
import type { TrackerState } from './tracker-state.ts';
import { maskSize } from './view.ts';

const magic = 'ROTOLITE';
/** Raised whenever the meaning of a byte changes; other versions are refused. */
const version = 2;
const headBytes = 16;

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

/**
 * A tracker's state as bytes: magic, version, length of a JSON header, the header (every number),
 * then float32 blocks. Doubles survive JSON exactly, so a restored state is the same to the bit.
 */
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
  const json = new TextEncoder().encode(JSON.stringify(header));
  const blocks = blocksOf(state);
  const start = headBytes + Math.ceil(json.length / 4) * 4;
  const bytes = new Uint8Array(start + blocks.reduce((sum, block) => sum + block.byteLength, 0));
  bytes.set(new TextEncoder().encode(magic));
  const head = new DataView(bytes.buffer);
  head.setUint32(8, version, true);
  head.setUint32(12, json.length, true);
  bytes.set(json, headBytes);
  let at = start;
  for (const block of blocks) {
    bytes.set(new Uint8Array(block.buffer, block.byteOffset, block.byteLength), at);
    at += block.byteLength;
  }
  return bytes;
}

function corrupt(what: string, cause?: unknown): RotoError {
  return new RotoError(
    'cache_corrupt',
    `Expected the saved state of a lite tracker, but ${what}.`,
    {
      hint: 'Track again from the start.',
      cause,
    },
  );
}

/** A number at a path of the header, or a refusal. */
function numberAt(header: unknown, ...path: string[]): number {
  let value = header;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw corrupt(`its header has no number "${path.join('.')}"`);
  }
  return value;
}

function readHeader(bytes: Uint8Array): { header: unknown; start: number } {
  const text = new TextDecoder();
  if (bytes.length < headBytes || text.decode(bytes.subarray(0, 8)) !== magic) {
    throw corrupt('it begins with other bytes');
  }
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (head.getUint32(8, true) !== version) {
    throw corrupt(`it is of version ${head.getUint32(8, true)}, not ${version}`);
  }
  const length = head.getUint32(12, true);
  try {
    const header: unknown = JSON.parse(text.decode(bytes.subarray(headBytes, headBytes + length)));
    return { header, start: headBytes + Math.ceil(length / 4) * 4 };
  } catch (cause) {
    throw corrupt('its header cannot be read', cause);
  }
}

/** Hands out float32 blocks one after the other, copied so that they are aligned. */
function blockReader(bytes: Uint8Array, start: number): (length: number) => Float32Array {
  let at = start;
  return (length) => {
    if (!Number.isInteger(length) || length < 0 || at + 4 * length > bytes.length) {
      throw corrupt('it is cut short');
    }
    const block = new Float32Array(length);
    new Uint8Array(block.buffer).set(bytes.subarray(at, at + 4 * length));
    at += 4 * length;
    return block;
  };
}

/**
 * The state that {@link writeSnapshot} wrote.
 * @throws RotoError `cache_corrupt` when the bytes are not such a state, or of another version.
 */
export function readSnapshot(bytes: Uint8Array): TrackerState {
  const { header, start } = readHeader(bytes);
  const number = (...path: string[]) => numberAt(header, ...path);
  const pair = (name: string) => ({ x: number(name, 'x'), y: number(name, 'y') });
  const view = {
    ...pair('view'),
    side: number('view', 'side'),
    scale: number('view', 'scale'),
    gridWidth: number('view', 'gridWidth'),
    gridHeight: number('view', 'gridHeight'),
  };
  const next = blockReader(bytes, start);
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
    newest: Reflect.get(Object(header), 'newest') === true ? sums() : undefined,
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
