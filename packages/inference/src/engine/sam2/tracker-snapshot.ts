import { z } from 'zod';
import { type StateFormat, StateReader, writeStateBytes } from '../state-bytes.ts';
import { sam2Sizes } from './architecture.ts';
import type { FrameMemory } from './object-memory.ts';
import type { FrameRecord } from './step.ts';
import type { TrackerState } from './tracker-state.ts';

const format: StateFormat = { magic: 'ROTOSAM2', version: 1, what: 'a SAM 2 tracker' };

const Index = z.int();
/** Bounds keep a header that lies from asking for more than any network could have. */
const Length = z
  .int()
  .min(1)
  .max(2 ** 24);

const Header = z.object({
  picture: z.object({ width: z.int().min(1), height: z.int().min(1) }),
  /** Values of a mask, and of a frame's memory. */
  maskLength: Length,
  tokensLength: Length,
  cond: z.array(Index).min(1),
  tracked: z.array(z.object({ index: Index, hasTokens: z.boolean() })),
  current: z.object({
    index: Index,
    direction: z.enum(['forward', 'backward']).optional(),
    /** Whether its mask is that of the conditioning frame, and so not written again. */
    isCond: z.boolean(),
  }),
  prompted: Index,
  start: Index.optional(),
});
type Header = z.infer<typeof Header>;

/** A tracker's state as bytes; a state read from them is the same to the bit. */
export function writeSnapshot(state: TrackerState): Uint8Array {
  const { picture, cond, tracked, current, prompted, start } = state;
  const records = [...cond.values()];
  const isCond = cond.get(current.index)?.mask === current.mask;
  const header: Header = {
    picture,
    maskLength: current.mask.length,
    tokensLength: records[0]?.tokens.length ?? 0,
    cond: [...cond.keys()],
    tracked: [...tracked].map(([index, { tokens }]) => ({
      index,
      hasTokens: tokens !== undefined,
    })),
    current: { index: current.index, direction: current.direction, isCond },
    prompted,
    start,
  };
  return writeStateBytes(format, header, [
    Float32Array.from([...records, current], ({ score }) => score),
    ...records.flatMap(({ tokens, pointer, mask }) => [tokens, pointer, mask]),
    ...[...tracked.values()].flatMap(({ tokens, pointer }) =>
      tokens === undefined ? [pointer] : [pointer, tokens],
    ),
    ...(isCond ? [] : [current.mask]),
  ]);
}

/**
 * The state that {@link writeSnapshot} wrote.
 * @throws RotoError `cache_corrupt` when the bytes are not such a state, or of another version
 */
export function readSnapshot(bytes: Uint8Array): TrackerState {
  const reader = new StateReader(format, bytes);
  const parsed = Header.safeParse(reader.header);
  if (!parsed.success) throw reader.corrupt('its header is incomplete', parsed.error);
  const header = parsed.data;
  const scores = reader.floats(header.cond.length + 1);
  const cond = readCond(reader, header, scores);
  const tracked = readTracked(reader, header);
  const { index, direction, isCond } = header.current;
  const mask = isCond ? cond.get(index)?.mask : reader.floats(header.maskLength);
  const score = scores[header.cond.length] ?? 0;
  if (mask === undefined || !cond.has(header.prompted)) {
    throw reader.corrupt('it names a frame that it does not have');
  }
  return {
    picture: header.picture,
    cond,
    tracked,
    current: { index, direction, mask, score },
    prompted: header.prompted,
    start: header.start,
  };
}

function readCond(
  reader: StateReader,
  { cond, tokensLength, maskLength }: Header,
  scores: Float32Array,
): Map<number, FrameRecord> {
  const records = new Map<number, FrameRecord>();
  for (const [i, index] of cond.entries()) {
    records.set(index, {
      tokens: reader.words(tokensLength),
      pointer: reader.floats(sam2Sizes.dim),
      mask: reader.floats(maskLength),
      score: scores[i] ?? 0,
    });
  }
  return records;
}

function readTracked(reader: StateReader, { tracked, tokensLength }: Header) {
  const memories = new Map<number, FrameMemory>();
  for (const { index, hasTokens } of tracked) {
    const pointer = reader.floats(sam2Sizes.dim);
    memories.set(index, {
      pointer,
      tokens: hasTokens ? reader.words(tokensLength) : undefined,
    });
  }
  return memories;
}
