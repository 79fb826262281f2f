import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TransferProgress } from '@roto/sdk';
import { folderUploadStore } from '@roto/sdk';
import type { FrameRange, RunEvent, ShotSource, Video } from '@roto/sdk/contract';
import { type FoundSequence, patternPath, sequenceAt } from '@roto/sdk/sequence';
import { envValue, type Io } from '../../io/io.ts';
import type { Server } from '../../server/open-server.ts';
import { transferEvents } from './transfer-events.ts';
import { isVideoId } from './video-id.ts';

/** A clip on the server, and how a local run would name it. */
export interface RemoteClip {
  readonly video: Video;
  /** Absolute path, `####` for the number of a sequence; the id of a video that has no path here. */
  readonly path: string;
  /** Frames of the sequence on this machine, where only some of them were sent. */
  readonly whole?: FrameRange;
}

/** What finding a clip takes. */
export interface FindClipOptions {
  readonly base: string;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** What a new video is called; the name of its file unless said. */
  readonly title?: string | undefined;
  /** Frames of a sequence that are sent; all there are unless said. */
  readonly range?: ShotSource['range'];
  /** Sends it even where it is there. */
  readonly again?: boolean | undefined;
}

/**
 * The video of a source: an id's own, else that of a path, which is sent unless the account has it
 * already by its SHA-256. Resolves once it can be worked on.
 * @throws RotoError `not_found`, `source_not_found`, `source_unreadable`, and what a call throws
 */
export async function findClip(
  { roto }: Server,
  io: Pick<Io, 'env'>,
  source: ShotSource,
  options: FindClipOptions,
): Promise<RemoteClip> {
  const { signal, base } = options;
  if (isVideoId(source.path)) {
    return { video: await roto.videos.wait(source.path, { signal }), path: source.path };
  }
  const place = resolve(base, source.path);
  const sequence = await sequenceAt(place);
  const path = sequence === undefined ? place : patternPath(sequence.pattern);
  const whole = options.range === undefined ? gapped(source, sequence) : undefined;
  const range = options.range ?? (whole === undefined ? undefined : source.range);
  const sent = await roto.videos.upload(place, {
    ...sequenceSettings(source),
    ...(options.title === undefined ? {} : { title: options.title }),
    ...(range === undefined ? {} : { range }),
    again: options.again === true,
    store: folderUploadStore(join(stateFolder(io), 'uploads')),
    signal,
    onProgress: uploadProgress(options.onEvent),
  });
  const video = await roto.videos.wait(sent.id, { signal });
  return { video, path, ...(whole === undefined ? {} : { whole }) };
}

/**
 * The frames of a sequence with gaps of which a part is worked on: only that part is sent, as a gap
 * beside it is of no matter to a local run either.
 */
function gapped(
  { range, startFrame, missingFrames }: ShotSource,
  sequence: FoundSequence | undefined,
): FrameRange | undefined {
  const first = sequence?.frames[0]?.number;
  const last = sequence?.frames.at(-1)?.number;
  if (sequence === undefined || first === undefined || last === undefined) return undefined;
  if (range === undefined || startFrame !== undefined || missingFrames !== 'error')
    return undefined;
  return last - first + 1 > sequence.frames.length ? { first, last } : undefined;
}

function uploadProgress(onEvent: FindClipOptions['onEvent']) {
  const tell = transferEvents('upload', onEvent);
  return ({ phase, loadedBytes, totalBytes }: TransferProgress): void => {
    // Hashing is quick beside sending; a sequence does not say how much there is of it.
    if (phase === 'upload' && totalBytes !== undefined) tell(loadedBytes, totalBytes);
  };
}

function sequenceSettings({ rate, missingFrames, inputColorspace }: ShotSource) {
  return {
    ...(rate === undefined ? {} : { rate }),
    missing_frames: missingFrames,
    input_colorspace: inputColorspace,
  };
}

function stateFolder(io: Pick<Io, 'env'>): string {
  const home = envValue(io, 'HOME') ?? homedir();
  return resolve(envValue(io, 'XDG_STATE_HOME') ?? join(home, '.local', 'state'), 'roto');
}
