import { canAsk } from '../io/ask.ts';
import { type Io, writeLine } from '../io/io.ts';

/** Opens a page in a browser, where somebody is there to look at it. */
export async function openPage(
  io: Io,
  options: { readonly input?: boolean | undefined; readonly quiet?: boolean | undefined },
  url: string,
): Promise<void> {
  if (!canAsk(io, options) || !/^https?:/.test(url)) return;
  const { default: open } = await import('open');
  try {
    const child = await open(url);
    // Without a browser to start it ends at once; the address is printed all the same.
    child.on('error', () => undefined);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (options.quiet !== true) writeLine(io.stderr, `No browser was opened: ${reason}`);
  }
}
