import { spawn } from 'node:child_process';
import type { Io } from '../../io/io.ts';
import { envValue } from '../../io/io.ts';

/**
 * Opens an address in the browser of this person, where there is a screen for one. Nothing is said
 * where that fails: the address is printed as well.
 */
export function openBrowser(io: Pick<Io, 'env'>, url: string): void {
  const opener = openerOf(io);
  if (opener === undefined) return;
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

function openerOf(io: Pick<Io, 'env'>): string | undefined {
  if (process.platform === 'darwin') return 'open';
  const hasScreen = ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => envValue(io, name) !== undefined);
  return hasScreen ? 'xdg-open' : undefined;
}
