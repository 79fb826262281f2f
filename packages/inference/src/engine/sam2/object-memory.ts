/** What is remembered of an object on one frame. */
export interface FrameMemory {
  /** [E * E][64] as bfloat16; undefined where it is out of reach and only the pointer is left. */
  readonly tokens: Uint16Array | undefined;
  /** [256] */
  readonly pointer: Float32Array;
}

/** What is remembered of one object, by frame index counted from the clip's first frame. */
export interface ObjectMemory<Frame extends FrameMemory = FrameMemory> {
  /** Conditioning frames, which were prompted, in the order they were. */
  readonly cond: ReadonlyMap<number, Frame>;
  /** Frames that were only tracked. */
  readonly tracked: ReadonlyMap<number, FrameMemory>;
}
