import type {
  FrameRange,
  OutputFormat,
  ResultFrame,
  ResultOutput,
  ResultWarning,
  ShotMatte,
  ShotSource,
} from '@roto/sdk/contract';
import type { ObjectMask } from '../engine/engine.ts';
import type { Matte } from '../matte/alpha.ts';
import type { Frame } from '../media/clip.ts';
import type { PlanOptions } from '../track/plan.ts';
import type { Stamp } from './writer.ts';

export interface ExportObject {
  readonly id: number;
  readonly name: string;
  readonly planOptions: PlanOptions;
}

export interface ExportOutput {
  /** Undefined where one file holds all objects. */
  readonly object?: string;
  readonly format: OutputFormat;
  /** Absolute path; `####` for the number of a sequence. */
  readonly path: string;
  readonly premultiplied: boolean;
  readonly color: string;
  readonly despill: boolean;
}

/** Everything the export thread needs to go from the track cache to files. */
export interface ExportJob {
  readonly source: ShotSource;
  /** Folder that relative paths of the source start from. */
  readonly base: string;
  readonly cacheDir: string;
  readonly storeFolder: string;
  readonly range: FrameRange;
  readonly objects: readonly ExportObject[];
  readonly matte: ShotMatte;
  readonly outputs: readonly ExportOutput[];
  readonly stamp: Stamp;
  /** Whether frames are still being tracked: one that the cache lacks is then waited for. */
  readonly tracking: boolean;
}

export interface ExportedObject {
  readonly id: number;
  readonly name: string;
  readonly frames: readonly ResultFrame[];
}

export interface ExportReport {
  readonly objects: readonly ExportedObject[];
  readonly outputs: readonly ResultOutput[];
  readonly warnings: readonly ResultWarning[];
  /** Seconds by stage: `decode`, `matte`, `write`. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Told after every frame. */
export interface ExportProgress {
  readonly frame: number;
  readonly done: number;
  readonly total: number;
  /** Scores of the objects on that frame, by object id; none where tracking does not reach it. */
  readonly scores: Readonly<Record<string, number>>;
}

/** What the export thread can be asked for: argument and answer of every call. */
export interface ExportCalls {
  export: { argument: ExportJob; answer: ExportReport };
  render: {
    argument: {
      readonly mask: ObjectMask | undefined;
      readonly plate: Frame;
      readonly matte: ShotMatte;
    };
    answer: Matte;
  };
  /** Says to the export under way that tracking came further, or to its end. */
  tracked: { argument: { readonly over: boolean }; answer: undefined };
  /** Ends the export under way within a frame. */
  stop: { argument: undefined; answer: undefined };
}
