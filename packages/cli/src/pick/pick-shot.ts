import { basename, extname, join, resolve } from 'node:path';
import { type PickDocument, RotoError, type Shot } from '@roto/sdk/contract';
import type { CommandContext } from '../commands/command-spec.ts';
import { resultLines } from '../commands/result-lines.ts';
import { writeLine } from '../io/io.ts';
import { printable } from '../io/printable.ts';
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
  readonly cache?: string;
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
  const { request, out, overwrite } = options;
  if (request.clip === undefined && request.document === undefined) throw noClip();
  const cache = options.cache === undefined ? {} : { cache: options.cache };
  const { signal } = io;
  const around: ShotSurroundings = {
    cwd: io.cwd,
    probe: async (source, base) =>
      (await loadBackend()).probeClip(source, { base, signal, ...cache }),
  };
  const built = await buildShot(request, around);
  const path = placeOf(options, built, io.cwd);
  // Whoever goes on with a document means it to be written again.
  const isOwn = request.document !== undefined && path === resolve(io.cwd, request.document);
  const file = await prepareShotFile(path, overwrite || isOwn);
  writeLine(io.stderr, 'Opening the clip and loading the engine …');
  const session = await openLocalSession(built.shot, { base: built.base, signal, ...cache });
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
  try {
    for (const { message } of session.warnings) {
      writeLine(io.stderr, `warning: ${printable(message)}`);
    }
    const { view } = options;
    if (view.kind === 'page') await pickOnPage(io, desk, { ...view, path });
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
      ...(shot === null
        ? ['Nothing was saved.']
        : [`saved: roto mask --shot ${shellWord(pathFrom(io.cwd, shot))} --local`]),
    ],
  };
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
