import { basename } from 'node:path';
import type { ObjectMask } from '../engine/engine.ts';
import type { FileRecipe, NamedBytes } from './file-writer.ts';
import { frameFile, framePattern } from './frame-file.ts';
import { npyFloat32 } from './npy.ts';
import { stampRecord } from './stamp.ts';
import type { WriterContext } from './writer.ts';

interface GridRecord {
  readonly frame: number;
  readonly file: string;
  readonly shape: readonly [number, number];
  readonly region: ObjectMask['region'] | null;
  readonly score: number | null;
}

/**
 * The engine's own grids, one `.npy` a frame: float32 logits of shape (height, width), above 0 is
 * object. A frame that nothing was tracked to is an array of shape (0, 0). A sidecar
 * `<object>.logits.json` (`roto.logits/1`) beside them says for every frame which rectangle of the
 * picture, in pixels, its grid covers, and the score; both are null for a frame without a grid.
 */
export function logitsSequence(context: WriterContext): FileRecipe {
  const grids: GridRecord[] = [];
  return {
    format: 'logits',
    async encode({ number, mask }) {
      const name = basename(frameFile(context.path, number));
      const shape = [mask?.height ?? 0, mask?.width ?? 0] as const;
      grids.push({
        frame: number,
        file: name,
        shape,
        region: mask?.region ?? null,
        score: mask?.score ?? null,
      });
      return { name, bytes: npyFloat32(mask?.logits ?? new Float32Array(0), shape) };
    },
    async close() {
      return [sidecar(context, grids)];
    },
  };
}

/** Name of the file that says where the grids lie, from the pattern of the grids. */
export function logitsSidecarName(path: string): string {
  return basename(path).replace(`.${framePattern}.npy`, '.logits.json');
}

function sidecar(context: WriterContext, grids: readonly GridRecord[]): NamedBytes {
  const { clip, firstFrame, lastFrame, object, stamp } = context;
  const about = {
    schema: 'roto.logits/1',
    roto: stampRecord(stamp),
    object,
    width: clip.width,
    height: clip.height,
    firstFrame,
    lastFrame,
    frames: [],
  };
  const lines = grids.map((grid) => JSON.stringify(grid)).join(',\n');
  const text = `${JSON.stringify(about).slice(0, -2)}\n${lines}\n]}\n`;
  return { name: logitsSidecarName(context.path), bytes: Buffer.from(text, 'utf8') };
}
