import { basename } from 'node:path';
import { type Io, writeLine } from '../../io/io.ts';
import type { PickDesk } from '../pick-desk.ts';
import { openBrowser } from './open-browser.ts';
import { PageAccess } from './page-access.ts';
import { createPickApp } from './pick-app.ts';
import { servePage } from './serve-page.ts';

/** How the page is served. */
export interface PickOnPageOptions {
  /** Path of the shot document, absolute. */
  readonly path: string;
  /** What runs it. */
  readonly command: string;
  readonly port: number;
  readonly opensBrowser: boolean;
}

/**
 * Serves the page until somebody is done on it.
 * @throws RotoError `port_in_use`; the signal's own reason when it aborts
 */
export async function pickOnPage(
  io: Io,
  desk: PickDesk,
  { path, command, port, opensBrowser }: PickOnPageOptions,
): Promise<void> {
  const access = new PageAccess();
  const over = new AbortController();
  const signal = AbortSignal.any([io.signal, over.signal]);
  const app = createPickApp({
    desk,
    access,
    facts: factsOf(desk, command, path),
    onDone: () => over.abort(),
    signal,
  });
  const page = await servePage(app, port);
  try {
    const link = `${page.origin}/?token=${access.token}`;
    writeLine(io.stderr, `Pick in your browser: ${link}`);
    writeLine(io.stderr, 'Done on the page ends roto pick; so does Ctrl-C here.');
    if (opensBrowser) openBrowser(io, link);
    await aborted(signal);
  } finally {
    await page.close();
  }
  io.signal.throwIfAborted();
}

/** What the page shows and nothing changes. */
function factsOf({ session, range, firstFrame }: PickDesk, command: string, path: string) {
  const { clip, place, warnings, colors } = session;
  const { width, height, rate, pixelAspect } = clip;
  return {
    clip: { name: basename(clip.path), width, height, rate, pixelAspect },
    range,
    frame: firstFrame,
    engine: place,
    warnings: warnings.map(({ message }) => message),
    colors,
    file: path,
    command,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
