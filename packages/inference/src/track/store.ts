import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineIdentity, ObjectMask } from '../engine/engine.ts';
import type { ClipInfo } from '../media/clip.ts';
import type { Anchor, Direction } from './anchor.ts';
import { guardCache } from './cache-failure.ts';
import { packMask, unpackMask } from './mask-codec.ts';
import { runKey } from './plan.ts';
import { RunFile } from './run-file.ts';

/** How many tracked frames lie between two snapshots of a tracker. */
export const snapshotInterval = 25;
const snapshotsKept = 2;

interface RunName {
  readonly anchor: Anchor;
  readonly direction: Direction;
}

/** A tracker's state as it was after a frame. */
export interface Snapshot {
  readonly frame: number;
  readonly state: Uint8Array;
}

/**
 * Everything tracked of one clip by one engine with one set of settings, in one folder:
 * `<anchor>.mask` and `<anchor>.state` for a prompted frame, `<anchor>.<direction>.run` for what was
 * tracked from it, `<anchor>.<direction>.<frame>.state` for the newest two snapshots on the way.
 * Names are hashes of the prompts they came from, so an entry is never out of date.
 */
export class TrackStore {
  readonly folder: string;
  readonly #readers = new Map<string, RunFile>();
  readonly #appenders = new Map<string, RunFile>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder and writes down whose masks these are. */
  async prepare(about: { clip: ClipInfo; engine: EngineIdentity }): Promise<void> {
    const text = `${JSON.stringify(about, null, 2)}\n`;
    await guardCache(this.folder, async () => {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await writeWhole(join(this.folder, 'about.json'), text);
    });
  }

  /** Marks the store as used now: the cache drops the longest unused first. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(join(this.folder, 'about.json'), now, now);
  }

  async readAnchor(anchor: Anchor): Promise<ObjectMask | undefined> {
    const bytes = await readIfThere(this.#anchorPath(anchor, 'mask'));
    return bytes && unpackMask(bytes);
  }

  async hasAnchor(anchor: Anchor): Promise<boolean> {
    return (await readIfThere(this.#anchorPath(anchor, 'mask'))) !== undefined;
  }

  async readAnchorState(anchor: Anchor): Promise<Uint8Array | undefined> {
    return readIfThere(this.#anchorPath(anchor, 'state'));
  }

  /** The state goes first: where the mask is, the state is too. */
  async writeAnchor(anchor: Anchor, mask: ObjectMask, state: Uint8Array): Promise<void> {
    const packed = packMask(mask);
    await guardCache(this.folder, async () => {
      await writeWhole(this.#anchorPath(anchor, 'state'), state);
      await writeWhole(this.#anchorPath(anchor, 'mask'), packed);
    });
  }

  /** The last frame tracked in one piece from the anchor; the anchor's own where nothing was. */
  async reached(run: RunName): Promise<number> {
    const file = await this.#reader(run);
    const step = run.direction === 'forward' ? 1 : -1;
    let frame = run.anchor.frame;
    while (file?.has(frame + step)) frame += step;
    return frame;
  }

  async readTracked(run: RunName, frame: number): Promise<ObjectMask | undefined> {
    const file = await this.#reader(run);
    const bytes = await file?.read(frame);
    return bytes && unpackMask(bytes);
  }

  async appendTracked(run: RunName, frame: number, mask: ObjectMask): Promise<void> {
    const key = runKey(run);
    let file = this.#appenders.get(key);
    if (file === undefined) {
      await this.#closeReader(key);
      file = await RunFile.openForAppending(this.#runPath(run));
      this.#appenders.set(key, file);
    }
    const packed = packMask(mask);
    const runFile = file;
    await guardCache(this.folder, () => runFile.append(frame, packed));
  }

  /** The newest snapshot at or before `frame`, seen in the direction of the run. */
  async readSnapshot(run: RunName, frame: number): Promise<Snapshot | undefined> {
    const usable = (await this.#snapshotFrames(run)).filter((at) =>
      run.direction === 'forward' ? at <= frame : at >= frame,
    );
    const newest = usable.at(-1);
    if (newest === undefined) return undefined;
    const state = await readIfThere(this.#snapshotPath(run, newest));
    return state && { frame: newest, state };
  }

  async writeSnapshot(run: RunName, snapshot: Snapshot): Promise<void> {
    const path = this.#snapshotPath(run, snapshot.frame);
    await guardCache(this.folder, () => writeWhole(path, snapshot.state));
    const frames = await this.#snapshotFrames(run);
    for (const frame of frames.slice(0, -snapshotsKept)) {
      await rm(this.#snapshotPath(run, frame), { force: true });
    }
  }

  async close(): Promise<void> {
    const files = [...this.#readers.values(), ...this.#appenders.values()];
    this.#readers.clear();
    this.#appenders.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  async #reader(run: RunName): Promise<RunFile | undefined> {
    const key = runKey(run);
    const open = this.#appenders.get(key) ?? this.#readers.get(key);
    if (open !== undefined) return open;
    const file = await RunFile.openForReading(this.#runPath(run));
    if (file !== undefined) this.#readers.set(key, file);
    return file;
  }

  async #closeReader(key: string): Promise<void> {
    const file = this.#readers.get(key);
    this.#readers.delete(key);
    await file?.close();
  }

  /** Frames with a snapshot, in the order the run passes them. */
  async #snapshotFrames(run: RunName): Promise<number[]> {
    const prefix = `${runKey(run)}.`;
    const frames = (await namesIn(this.folder))
      .filter((name) => name.startsWith(prefix) && name.endsWith('.state'))
      .map((name) => Number(name.slice(prefix.length, -'.state'.length)))
      .filter((frame) => Number.isInteger(frame));
    const sign = run.direction === 'forward' ? 1 : -1;
    return frames.sort((a, b) => sign * (a - b));
  }

  #anchorPath(anchor: Anchor, kind: 'mask' | 'state'): string {
    return join(this.folder, `${anchor.id}.${kind}`);
  }

  #runPath(run: RunName): string {
    return join(this.folder, `${runKey(run)}.run`);
  }

  #snapshotPath(run: RunName, frame: number): string {
    return join(this.folder, `${runKey(run)}.${frame}.state`);
  }
}

/** Names the store of a clip and an engine: equal name, equal masks for equal prompts. */
export function storeName(
  clip: ClipInfo,
  engine: EngineIdentity,
  missingPolicy: 'error' | 'hold' | 'black',
): string {
  const { fingerprint, width, height, firstFrame, viewTransform } = clip;
  const missing = clip.missingFrames.length === 0 ? null : [missingPolicy, clip.missingFrames];
  const { device: _, ...whatDecidesMasks } = engine;
  const text = JSON.stringify([
    { fingerprint, width, height, firstFrame, viewTransform, missing },
    { ...whatDecidesMasks, device: engine.device.split(':')[0] },
  ]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A store that was only looked at has no folder yet. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
