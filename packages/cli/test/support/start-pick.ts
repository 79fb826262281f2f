import { onTestFinished, vi } from 'vitest';
import { main } from '../../src/main.ts';
import { createFakeIo, type FakeIo } from './fake-io.ts';

/** A run of `roto pick --web` that goes on beside the test. */
export interface RunningPick {
  readonly io: FakeIo;
  /** The link that was printed. */
  readonly link: URL;
  readonly ended: Promise<number>;
  /** As Ctrl-C does. */
  stop(reason: Error): void;
}

/**
 * Starts to pick on a page, with no browser opened, on the real engine at its quickest: of this
 * machine, or of the server that a home is signed in to.
 */
export async function startPick(
  cwd: string,
  words: readonly string[],
  home?: Readonly<Record<string, string>>,
): Promise<RunningPick> {
  const controller = new AbortController();
  const io = createFakeIo({ cwd, env: { ROTO_DEBUG: '1', ...home }, signal: controller.signal });
  const quick = ['--quality', 'draft', '--input-size', '256', '--cache', `${cwd}/cache`];
  const place = home === undefined ? ['--local'] : [];
  const argv = ['pick', ...words, '--web', '--no-open', ...place, ...quick];
  let status: number | undefined;
  const ended = main(argv, io).then((code) => {
    status = code;
    return code;
  });
  onTestFinished(async () => {
    controller.abort(new Error('The test has ended.'));
    await ended;
  });
  const link = await vi.waitFor(
    () => {
      const [, found] = /browser: (\S+)/.exec(io.stderr.text) ?? [];
      if (found === undefined && status === undefined) throw new Error('not yet');
      return found;
    },
    { timeout: 60_000, interval: 50 },
  );
  if (link === undefined) throw new Error(`roto pick ended with ${status}: ${io.stderr.text}`);
  return { io, link: new URL(link), ended, stop: (reason) => controller.abort(reason) };
}
