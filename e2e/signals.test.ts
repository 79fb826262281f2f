import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, hasProc, stillRunning } from './support/child-processes.ts';
import { balloon, clicksOf, writeClip } from './support/clips.ts';
import { fileHashes } from './support/file-hashes.ts';
import { errorOf, eventsOf, progressOf, type RotoEnd, startRoto } from './support/roto-process.ts';

const clip = balloon(128, 72, 24);
const points = clicksOf(clip);
const formats = 'png8,prores4444,greenscreen';

/** How a run ended that was sent signals at some frame. */
interface Stopped extends RotoEnd {
  /** What it had started when the signals were sent. */
  readonly children: readonly number[];
  /** What was on stdout by then. */
  readonly before: string;
}

/**
 * Each run is stopped a little later than the one before it, on one cache, until the last of them
 * is left to finish: the tests stand in the order of that story.
 */
describe.skipIf(!hasProc)('a run that is sent signals (needs /proc)', () => {
  let folder = '';
  let reference: Record<string, string> = {};
  const out = () => join(folder, 'out');

  const start = (cache: string, to: string, mode: string, onLine?: (line: string) => void) =>
    startRoto(
      [
        ...['mask', 'clip.mp4', '--points', points, '--local', '--quality', 'draft', mode],
        ...['--input-size', '256', '-F', formats, '--cache', join(folder, cache), '-o', to],
      ],
      { cwd: folder, ...(onLine === undefined ? {} : { onLine }) },
    );

  /** Runs and sends the signals when a line says that frame `done` of `stage` is through. */
  async function stop(
    stage: 'track' | 'export',
    done: number,
    signals: readonly NodeJS.Signals[],
    mode: '--json' | '--json-stream' = '--json-stream',
  ): Promise<Stopped> {
    let children: number[] = [];
    let before = '';
    let sent = false;
    const started = start('cache', out(), mode, (line) => {
      if (sent) return;
      before += `${line}\n`;
      if (doneBy(line, stage) < done) return;
      sent = true;
      children = childrenOf(started.child.pid ?? 0);
      for (const signal of signals) started.child.kill(signal);
    });
    return { ...(await started.ended), children, before };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roto-signals-'));
    await writeClip(join(folder, 'clip.mp4'), clip);
    const whole = await start('whole-cache', join(folder, 'whole'), '--json-stream').ended;
    expect(whole.status, whole.stdout).toBe(0);
    reference = await fileHashes(join(folder, 'whole'));
    expect(Object.keys(reference)).toHaveLength(clip.frames + 2);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Ended within a frame or two, with one error and no output. */
  async function expectStopped(
    end: Stopped,
    stage: 'track' | 'export',
    code: string,
  ): Promise<void> {
    const later = eventsOf({ stdout: end.stdout.slice(end.before.length) });
    const events = later.map(({ event }) => event);
    expect(events.filter((event) => event !== 'progress')).toEqual(['error']);
    expect(later.at(-1)).toMatchObject({ event: 'error', error: { code } });
    expect(
      progressOf(end, stage).length - progressOf({ stdout: end.before }, stage).length,
    ).toBeLessThanOrEqual(2);
    expect(end.stderr).toBe('');
    expect(await filesLeft()).toEqual([]);
  }

  it('SIGINT while tracking ends it with status 130', async () => {
    const end = await stop('track', 5, ['SIGINT']);
    expect(end).toMatchObject({ status: 130, signal: null });
    await expectStopped(end, 'track', 'interrupted');
    expect(existsSync(out())).toBe(false);
    expect(await stillRunning(end.children, 0)).toEqual([]);
  });

  it('SIGTERM while tracking ends it with 143; it had gone on where the last one stopped', async () => {
    const end = await stop('track', 10, ['SIGTERM']);
    expect(end).toMatchObject({ status: 143, signal: null });
    await expectStopped(end, 'track', 'terminated');
    expect(progressOf(end, 'track')[0]?.reused).toBeGreaterThanOrEqual(5);
    expect(await stillRunning(end.children, 0)).toEqual([]);
  });

  it('SIGKILL while tracking leaves no ffmpeg running', async () => {
    const end = await stop('track', 15, ['SIGKILL']);
    expect(end.signal).toBe('SIGKILL');
    expect(progressOf(end, 'track')[0]?.reused).toBeGreaterThanOrEqual(10);
    expect(await stillRunning(end.children, 10_000)).toEqual([]);
    expect(await finalNames()).toEqual([]);
    // The export goes along beside the tracking: from here on all is tracked.
    const finished = await start('cache', join(folder, 'tracked'), '--json-stream').ended;
    expect(finished.status, finished.stdout).toBe(0);
  });

  it('SIGINT while exporting leaves neither output nor ffmpeg', async () => {
    const end = await stop('export', 6, ['SIGINT']);
    expect(end).toMatchObject({ status: 130, signal: null });
    await expectStopped(end, 'export', 'interrupted');
    // Those that write the two movies, if those that read the plate have read it all.
    expect(end.children.length).toBeGreaterThanOrEqual(2);
    expect(await stillRunning(end.children, 0)).toEqual([]);
  });

  it('SIGTERM while exporting prints the one document of --json', async () => {
    const end = await stop('export', 6, ['SIGTERM'], '--json');
    expect(end).toMatchObject({ status: 143, signal: null });
    expect(errorOf(end)).toMatchObject({ code: 'terminated' });
    expect(await filesLeft()).toEqual([]);
    expect(await stillRunning(end.children, 0)).toEqual([]);
  });

  it('a second signal ends it at once, by the signal and without a word', async () => {
    const end = await stop('export', 6, ['SIGINT', 'SIGTERM']);
    expect(end).toMatchObject({ status: null, signal: 'SIGTERM' });
    expect(eventsOf(end).map(({ event }) => event)).not.toContain('error');
    expect(await stillRunning(end.children, 10_000)).toEqual([]);
    expect(await finalNames()).toEqual([]);
  });

  it('SIGKILL while exporting leaves nothing under a final name', async () => {
    const end = await stop('export', 18, ['SIGKILL']);
    expect(end.signal).toBe('SIGKILL');
    expect(await stillRunning(end.children, 10_000)).toEqual([]);
    expect(await finalNames()).toEqual([]);
  });

  it('after all of them the next run tracks nothing, and its files are those of a whole run', async () => {
    const end = await start('cache', out(), '--json-stream').ended;
    expect(end.status, end.stdout).toBe(0);
    expect(progressOf(end, 'track')).toEqual([]);
    // What the killed ones left in hiding is gone too.
    expect(await fileHashes(out())).toEqual(reference);
  });

  /** Files of the output folder, hidden ones too; one that a killed run made stays there, empty. */
  async function filesLeft(): Promise<string[]> {
    return existsSync(out()) ? Object.keys(await fileHashes(out())) : [];
  }

  /** Those that are not in a hidden folder. */
  async function finalNames(): Promise<string[]> {
    const names = await filesLeft();
    return names.filter((name) => !name.split('/').some((part) => part.startsWith('.')));
  }
});

/** Frames of a stage that are through: from an event, or from a line like `export 25 % (6 of 24`. */
function doneBy(line: string, stage: string): number {
  if (!line.startsWith('{')) {
    return Number(new RegExp(`^${stage} \\d+ % \\((\\d+) of`).exec(line)?.[1] ?? 0);
  }
  const event: unknown = JSON.parse(line);
  if (typeof event !== 'object' || event === null || !('stage' in event && 'done' in event))
    return 0;
  return event.stage === stage ? Number(event.done) : 0;
}
