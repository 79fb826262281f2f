import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { type RleMask, RotoError, type RunEvent, type Shot } from '@roto/sdk/contract';
import { loadLocalEngine } from '../backend/local.ts';
import { clipOf } from '../backend/remote/clip-facts.ts';
import { withInlineMasks } from '../backend/remote/inline-masks.ts';
import { RemoteBackend } from '../backend/remote/remote.ts';
import { findClip, type RemoteClip } from '../backend/remote/remote-source.ts';
import { maskOf } from '../backend/remote/rle-mask.ts';
import { isVideoId } from '../backend/remote/video-id.ts';
import type { Io } from '../io/io.ts';
import { shrinkPicture } from '../picture/picture.ts';
import type { Server } from '../server/open-server.ts';
import type { PickLook, PickMask, PickSession } from './pick-session.ts';
import { promptAt } from './pick-state.ts';
import { openScreenClip } from './screen-clip.ts';

/** Where a shot is picked on a server. */
export interface RemotePickOptions {
  readonly server: Server;
  readonly io: Pick<Io, 'env'>;
  /** Folder that relative paths of the shot start from. */
  readonly base: string;
  readonly signal: AbortSignal;
  /** Told while the clip is sent. */
  readonly onEvent: (event: RunEvent) => void;
}

/**
 * Picks with the engine of a server: masks are its quick looks at one prompted frame, and runs are
 * its tasks. Frames are read on this machine; a video that is only there is fetched first.
 * @throws RotoError what finding, sending and opening the clip throws
 */
export async function openRemoteSession(
  shot: Shot,
  options: RemotePickOptions,
): Promise<PickSession> {
  const { server, io, base, signal, onEvent } = options;
  const found = await findClip(server, io, shot.source, { base, signal, onEvent });
  const inference = await loadLocalEngine();
  const place = await placeHere(server, found, shot, options);
  const source = { ...shot.source, path: place.path };
  const screen = await openScreenClip(inference, source, signal).catch(async (error: unknown) => {
    await place.remove();
    throw error;
  });
  const pixelAspect = found.video.video_metadata?.pixelAspect ?? { num: 1, den: 1 };
  const backend = new RemoteBackend(server, io);
  const look = async ({ objects, object, frame }: PickLook, stop: AbortSignal | undefined) => {
    const one = objects.find(({ id }) => id === object);
    const said = promptAt(objects, object, frame);
    if (one === undefined || said === undefined) return undefined;
    const asked = { ...shot, objects: [{ ...one, prompts: [said], locked: [] }] };
    const document = await withInlineMasks(asked, base);
    const { engine, schema } = document;
    const video_id = found.video.id;
    const there = { ...shot.source, path: video_id };
    const seen = await server.roto.masks.preview(
      { video_id, frame, shot: { schema, engine, source: there, objects: document.objects } },
      { signal: stop },
    );
    const [mask] = seen.objects;
    return mask === undefined ? undefined : screenMask(mask, await screen.picture(frame, stop));
  };
  return {
    ...screen,
    clip: {
      ...clipOf(found, shot.source.startFrame),
      pixelAspect: pixelAspect.num / pixelAspect.den,
    },
    // A run decides when it starts; until then the document asks for what was asked for.
    engine: undefined,
    place: server.connection.baseUrl,
    canTrack: false,
    warnings: [],
    look,
    run: (whole, run) => backend.runShot(whole, { base, ...run }),
    async close() {
      await screen.close();
      await place.remove();
    },
  };
}

interface PlaceHere {
  readonly path: string;
  remove(): Promise<void>;
}

/** The clip on this machine: where it was sent from, or a copy in a folder that goes again. */
async function placeHere(
  { roto }: Server,
  { video }: RemoteClip,
  { source }: Shot,
  { base, signal }: RemotePickOptions,
): Promise<PlaceHere> {
  if (!isVideoId(source.path)) {
    return { path: resolve(base, source.path), remove: () => Promise.resolve() };
  }
  if (video.kind === 'sequence') {
    throw new RotoError(
      'invalid_argument',
      `Expected the path of the sequence, whose frames are read on this machine, but received ${video.id}.`,
      { param: 'clip', hint: 'What the server has of it already is not sent again.' },
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'roto-pick-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const ending = extname(video.video_metadata?.filename ?? '');
    const path = join(folder, `clip${/^\.\w{1,8}$/.test(ending) ? ending : ''}`);
    await roto.videos.download(video.id, path, { signal });
    return { path, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A mask of the plate's size at that of the screen; it has two levels on the server. */
function screenMask(
  { score, rle }: { readonly score: number; readonly rle: RleMask },
  { width, height }: { readonly width: number; readonly height: number },
): PickMask {
  const [rows, columns] = rle.size;
  const rgb = new Uint8Array(rows * columns * 3);
  for (const [index, value] of maskOf(rle).entries())
    rgb.fill(value * 255, index * 3, index * 3 + 3);
  const small = shrinkPicture({ width: columns, height: rows, rgb }, width, height).rgb;
  const data = Uint8Array.from({ length: width * height }, (_, index) => small[index * 3] ?? 0);
  return { score, present: score > 0.5, matte: { width, height, data } };
}
