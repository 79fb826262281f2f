import type { ResultOutput } from '@roto/sdk/contract';
import type { EngineIdentity, ObjectMask } from '../engine/engine.ts';
import type { Matte } from '../matte/alpha.ts';
import type { ClipInfo, DeepFrame } from '../media/clip.ts';

/** Says in every file what made it. */
export interface Stamp {
  readonly rotoVersion: string;
  readonly engine: EngineIdentity;
  /** Hex SHA-256 of the shot document. */
  readonly shotHash: string;
}

/** One frame on its way into a file. */
export interface MatteFrame {
  readonly number: number;
  readonly matte: Matte;
  /** The engine's own grid; undefined on frames nothing was tracked to. Wanted by `logits`. */
  readonly mask: ObjectMask | undefined;
  /** The plate, where the writer asked for it by `needsPlate`. */
  readonly plate: DeepFrame | undefined;
}

/** What a writer is made from. */
export interface WriterContext {
  readonly clip: ClipInfo;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Name of the object; undefined for outputs that hold all of them. */
  readonly object: string | undefined;
  /** Absolute path under its final name; `####` for the number of a sequence. */
  readonly path: string;
  readonly premultiplied: boolean;
  /** `#rrggbb`, greenscreen only. */
  readonly color: string;
  readonly despill: boolean;
  readonly stamp: Stamp;
  readonly signal: AbortSignal;
  warn(code: string, message: string): void;
}

/**
 * Takes the frames of one output in order, each exactly once. Files lie beside their place under
 * another name: `complete` checks the frame count and makes them whole, `publish` renames them, and
 * `abort` removes them. Several outputs of a run are published when all of them are complete.
 */
export interface MatteWriter {
  write(frame: MatteFrame): Promise<void>;
  complete(): Promise<void>;
  publish(): Promise<ResultOutput>;
  abort(): Promise<void>;
}
