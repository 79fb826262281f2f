import type { Stamp } from './writer.ts';

/** The stamp as named texts, in a fixed order: `Software`, and `roto:…` for what made the file. */
export function stampFields(stamp: Stamp): readonly (readonly [string, string])[] {
  const { engine, model } = stamp.engine;
  return [
    ['Software', stampSoftware(stamp)],
    ['roto:engine', engine],
    ['roto:model', model.id],
    ['roto:model-sha256', model.sha256],
    ['roto:shot-sha256', stamp.shotHash],
  ];
}

/** `roto 0.1.0`. */
export function stampSoftware(stamp: Stamp): string {
  return `roto ${stamp.rotoVersion}`;
}

/** The stamp in one line, for formats that have one free text. */
export function stampText(stamp: Stamp): string {
  const { engine, model } = stamp.engine;
  return `${stampSoftware(stamp)}; engine=${engine}; model=${model.id}; model-sha256=${model.sha256}; shot-sha256=${stamp.shotHash}`;
}

/** The stamp as a JSON field. */
export interface StampRecord {
  readonly version: string;
  readonly engine: string;
  readonly model: { readonly id: string; readonly sha256: string };
  readonly shotSha256: string;
}

/** The stamp as the `roto` field of a JSON file. */
export function stampRecord(stamp: Stamp): StampRecord {
  const { engine, model } = stamp.engine;
  return {
    version: stamp.rotoVersion,
    engine,
    model: { id: model.id, sha256: model.sha256 },
    shotSha256: stamp.shotHash,
  };
}
