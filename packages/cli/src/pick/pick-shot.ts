import { basename, extname, join, resolve } from 'node:path';
import { type PickDocument, RotoError, type RunEvent, type Shot } from '@roto/sdk/contract';
import type { ShotBackend } from '../backend/backend.ts';
import type { CommandContext } from '../commands/command-spec.ts';
import { resultLines } from '../commands/result-lines.ts';
import { type Io, writeLine } from '../io/io.ts';
import { printable } from '../io/printable.ts';
import type { Server } from '../server/open-server.ts';
import {
  type BuiltShot,
  buildShot,
  type ShotRequest,
  type ShotSurroundings,
} from '../shot/build-shot.ts';
import { prepareShotFile } from '../shot/save-shot.ts';
import { pathFrom } from '../shot/shot-paths.ts';
import { openLocalSession } from './local-session.ts';
import { PickDesk } from './pick-desk.ts';
import type { PickSession } from './pick-session.ts';
import { shellWord } from './shell-word.ts';
import { type PickTerminal, pickInTerminal } from './terminal/pick-in-terminal.ts';
import { pickOnPage } from './web/pick-on-page.ts';

/** What is picked on, and where it goes. */
export interface PickOptions {
  readonly request: ShotRequest;
  /** Path of the shot document, absolute; beside the clip's name unless said. */
  readonly saveAt: string | undefined;
  /** Folder for the files of a run, absolute. */
  readonly out: string;
  readonly overwrite: boolean;
  /** Whose engine it is. */
  readonly place:
    | { readonly kind: 'local'; readonly cache?: string }
    | { readonly kind: 'server'; readonly server: Server };
  /** Told while the clip is sent to a server. */
  readonly onEvent: (event: RunEvent) => void;
  /** Called once clip and engine are there. */
  readonly onOpen: () => Promise<void>;
  /** Where somebody picks. */
  readonly view:
    | { readonly kind: 'terminal'; readonly terminal: PickTerminal }
    | { readonly kind: 'page'; readonly port: number; readonly opensBrowser: boolean };
}

/** How it ended. */
export interface Picked {
  readonly document: Omit<PickDocument, 'schema'>;
  readonly lines: readonly string[];
}

/**
 * Lets somebody pick, until they are done.
 * @throws RotoError what building the shot, opening clip and engine, and writing throw
 */
export async function pickShot(
  { io, loadBackend }: CommandContext,
  options: PickOptions,
): Promise<Picked> {
  const { request, out, overwrite, place, onEvent } = options;
  if (request.clip === undefined && request.document === undefined) throw noClip();
  const { signal } = io;
  const backend = await backendOf(place, { io, loadBackend });
  const around: ShotSurroundings = {
    cwd: io.cwd,
    probe: (source, base) => backend.probeClip(source, { base, signal, onEvent }),
  };
  const built = await buildShot(request, around);
  const path = placeOf(options, built, io.cwd);
  // Whoever goes on with a document means it to be written again.
  const isOwn = request.document !== undefined && path === resolve(io.cwd, request.document);
  const file = await prepareShotFile(path, overwrite || isOwn);
  writeLine(io.stderr, openingWords[place.kind]);
  const session = await openSession(built, options, io);
  await options.onOpen();
  const desk = new PickDesk({
    session,
    shot: built.shot,
    base: built.base,
    file,
    saved: isOwn && (await saysTheSame(request, built, around)),
    out,
    overwrite,
    signal,
  });
  const end = place.kind === 'local' ? ' --local' : '';
  const command = `roto mask --shot ${shellWord(pathFrom(io.cwd, path))}${end}`;
  try {
    for (const { message } of session.warnings) {
      writeLine(io.stderr, `warning: ${printable(message)}`);
    }
    const { view } = options;
    if (view.kind === 'page') await pickOnPage(io, desk, { ...view, path, command });
    else await pickInTerminal(desk, view.terminal);
  } finally {
    await desk.close();
  }
  const { result } = desk;
  const shot = desk.hasSaved ? path : null;
  return {
    document: { shot, result: result ?? null },
    lines: [
      ...(result === undefined ? [] : resultLines(result)),
      ...(shot === null ? ['Nothing was saved.'] : [`saved: ${command}`]),
    ],
  };
}

const openingWords = {
  local: 'Opening the clip and loading the engine …',
  server: 'Looking for the clip on the server …',
};

/** Looks at clips before they are picked on. */
async function backendOf(
  place: PickOptions['place'],
  { io, loadBackend }: CommandContext,
): Promise<Pick<ShotBackend, 'probeClip'>> {
  if (place.kind === 'local') return loadBackend();
  const { RemoteBackend } = await import('../backend/remote/remote.ts');
  return new RemoteBackend(place.server, io);
}

async function openSession(
  { shot, base }: BuiltShot,
  { place, onEvent }: PickOptions,
  io: Io,
): Promise<PickSession> {
  const { signal } = io;
  if (place.kind === 'local') {
    const cache = place.cache === undefined ? {} : { cache: place.cache };
    return openLocalSession(shot, { base, signal, ...cache });
  }
  const { openRemoteSession } = await import('./remote-session.ts');
  return openRemoteSession(shot, { base, signal, io, onEvent, server: place.server });
}

/** The document, else one in this folder with the name of the clip. */
function placeOf({ saveAt, request }: PickOptions, { shot }: BuiltShot, cwd: string): string {
  if (saveAt !== undefined) return saveAt;
  if (request.document !== undefined) return resolve(cwd, request.document);
  return join(cwd, `${stemOf(shot)}.roto.json`);
}

/** `plate` of `plate.####.exr`, `shots/plate/` and `plate.mov`. */
function stemOf({ source }: Shot): string {
  const name = basename(resolve(source.path));
  const stem = basename(name, extname(name)).replace(/[._-]?(#+|%\d*d|\d+-\d+)$/, '');
  return stem === '' ? 'shot' : stem;
}

/** Whether nothing on the command line changes what the document says. */
async function saysTheSame(
  { document, prompts, fallback }: ShotRequest,
  { shot }: BuiltShot,
  around: ShotSurroundings,
): Promise<boolean> {
  const plain = { clip: undefined, document, prompts, settings: {}, outputs: undefined, fallback };
  const written = await buildShot(plain, around);
  return JSON.stringify(written.shot) === JSON.stringify(shot);
}

function noClip(): RotoError {
  return new RotoError('invalid_argument', 'Expected a clip, or a shot document with --shot.', {
    param: 'clip',
    hint: 'roto pick shot.mp4 --web --local',
  });
}
