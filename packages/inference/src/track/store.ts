import { createHash } from 'node:crypto';
import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineIdentity, ObjectMask } from '../engine/engine.ts';
import type { ClipInfo } from '../media/clip.ts';
import type { Anchor } from './anchor.ts';
import { guardCache } from './cache-failure.ts';
import { packMask, unpackMask } from './mask-codec.ts';
import { isBeyond, isPromptedOn, type RunPath, runKey } from './run.ts';
import { namesIn, RunFiles } from './run-files.ts';
import { readChecked, writeChecked, writeWhole } from './whole-file.ts';

/** How many tracked frames lie between two snapshots of a tracker. */
export const snapshotInterval = 25;
const snapshotsKept = 2;
/** After this long a file half written is one of a killed process. */
const abandonedMs = 60 * 60 * 1000;

/** A tracker's state as it was after a frame. */
export interface Snapshot {
  readonly frame: number;
  readonly state: Uint8Array;
}

/**
 * Everything tracked of one clip by one engine with one set of settings, in one folder:
 * `<anchor>.mask` and `<anchor>.state` for a prompted frame, `<anchor>.<direction>.<process>.run` for
 * what was tracked from it, `<anchor>.<direction>.<frame>.state` for the newest two snapshots on the
 * way. The direction of a run that has more prompted frames in memory carries a hash of them. Names
 * are hashes of the prompts they came from, so an entry is never out of date. Every entry has a
 * checksum: one that is damaged counts as not there and is made again.
 */
export class TrackStore {
  readonly folder: string;
  readonly #runs = new Map<string, Promise<RunFiles>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder and writes down whose masks these are. */
  async prepare(about: { clip: ClipInfo; engine: EngineIdentity }): Promise<void> {
    const text = `${JSON.stringify(about, null, 2)}\n`;
    await guardCache(this.folder, async () => {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await writeWhole(join(this.folder, 'about.json'), text);
      await this.#removeAbandoned();
    });
  }

  /** Marks the store as used now: the cache drops the longest unused first. */
  async touch(): Promise<void> {
    const now = new Date();
    await utimes(join(this.folder, 'about.json'), now, now).catch(() => undefined);
  }

  async readAnchor(anchor: Anchor): Promise<ObjectMask | undefined> {
    const bytes = await readChecked(this.#anchorPath(anchor, 'mask'));
    return bytes && unpackMask(bytes);
  }

  /** Whether mask and state of an anchor are there and whole. */
  async hasAnchor(anchor: Anchor): Promise<boolean> {
    const mask = await readChecked(this.#anchorPath(anchor, 'mask'));
    return mask !== undefined && (await this.readAnchorState(anchor)) !== undefined;
  }

  async readAnchorState(anchor: Anchor): Promise<Uint8Array | undefined> {
    return readChecked(this.#anchorPath(anchor, 'state'));
  }

  /** The state goes first: where the mask is, the state is too. */
  async writeAnchor(anchor: Anchor, mask: ObjectMask, state: Uint8Array): Promise<void> {
    const packed = packMask(mask);
    await guardCache(this.folder, async () => {
      await writeChecked(this.#anchorPath(anchor, 'state'), state);
      await writeChecked(this.#anchorPath(anchor, 'mask'), packed);
    });
  }

  /** The last frame tracked in one piece from where the run begins; `from` where nothing was. */
  async reached(run: RunPath): Promise<number> {
    const files = await this.#files(run);
    const step = run.direction === 'forward' ? 1 : -1;
    let reached = run.from;
    for (let frame = reached + step; ; frame += step) {
      if (files.has(frame)) reached = frame;
      else if (!isPromptedOn(run, frame)) return reached;
    }
  }

  async readTracked(run: RunPath, frame: number): Promise<ObjectMask | undefined> {
    const bytes = await (await this.#files(run)).read(frame);
    return bytes && unpackMask(bytes);
  }

  /** Takes in what another thread or process tracked since the runs were first read. */
  async readOn(): Promise<void> {
    await Promise.all([...this.#runs.values()].map(async (files) => (await files).readOn()));
  }

  async appendTracked(run: RunPath, frame: number, mask: ObjectMask): Promise<void> {
    const packed = packMask(mask);
    const files = await this.#files(run);
    await guardCache(this.folder, () => files.append(frame, packed));
  }

  /** The newest whole snapshot at or before `frame`, seen in the direction of the run. */
  async readSnapshot(run: RunPath, frame: number): Promise<Snapshot | undefined> {
    const usable = (await this.#snapshotFrames(run)).filter((at) => !isBeyond(run, at, frame));
    for (const at of usable.reverse()) {
      const state = await readChecked(this.#snapshotPath(run, at));
      if (state !== undefined) return { frame: at, state };
    }
    return undefined;
  }

  async writeSnapshot(run: RunPath, snapshot: Snapshot): Promise<void> {
    const path = this.#snapshotPath(run, snapshot.frame);
    await guardCache(this.folder, () => writeChecked(path, snapshot.state));
    const frames = await this.#snapshotFrames(run);
    for (const frame of frames.slice(0, -snapshotsKept)) {
      await rm(this.#snapshotPath(run, frame), { force: true });
    }
  }

  /** The state a run begins with whose tracker turns round, where it has come so far. */
  async readTurned(run: RunPath): Promise<Uint8Array | undefined> {
    return readChecked(this.#turnedPath(run));
  }

  async writeTurned(run: RunPath, state: Uint8Array): Promise<void> {
    await guardCache(this.folder, () => writeChecked(this.#turnedPath(run), state));
  }

  async close(): Promise<void> {
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    await Promise.all(runs.map(async (files) => (await files).close()));
  }

  #files(run: RunPath): Promise<RunFiles> {
    const key = runKey(run);
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const files = RunFiles.open(this.folder, key);
    this.#runs.set(key, files);
    // What could not be opened may be there later.
    files.catch(() => this.#runs.delete(key));
    return files;
  }

  async #removeAbandoned(): Promise<void> {
    for (const name of (await namesIn(this.folder)).filter((each) => each.endsWith('.tmp'))) {
      const path = join(this.folder, name);
      const made = await stat(path).catch(() => undefined);
      if (made !== undefined && Date.now() - made.mtimeMs > abandonedMs) {
        await rm(path, { force: true });
      }
    }
  }

  /** Frames with a snapshot, in the order the run passes them. */
  async #snapshotFrames(run: RunPath): Promise<number[]> {
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

  #turnedPath(run: RunPath): string {
    return join(this.folder, `${runKey(run)}.turned.state`);
  }

  #snapshotPath(run: RunPath, frame: number): string {
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
