import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, mountDisk } from '../packages/inference/test/support/small-disk.ts';
import { balloon, clicksOf, writeClip } from './support/clips.ts';
import { fileHashes } from './support/file-hashes.ts';
import {
  errorOf,
  progressOf,
  type RotoEnd,
  resultOf,
  runRoto,
  startRoto,
} from './support/roto-process.ts';

// More frames than lie between two snapshots of the tracker.
const clip = balloon(96, 64, 32);
const points = clicksOf(clip);
const quick = ['--local', '--quality', 'draft', '--input-size', '256'];
const mayMount = canMount();

let folder = '';
/** Mattes of an uninterrupted run. */
let whole: Record<string, string> = {};
let track = '';

const logitsOf = (frame: number) => `matte/matte.${String(frame).padStart(4, '0')}.npy`;
const cacheAt = (name: string) => ['--cache', join(folder, name)];
const roto = (...args: string[]) => runRoto([...args, ...quick], { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-resume-'));
  await writeClip(join(folder, 'clip.mp4'), clip);
  const args = [
    'mask',
    'clip.mp4',
    '-p',
    points,
    ...cacheAt('whole-cache'),
    '-o',
    'whole',
    '--json',
  ];
  track = resultOf(await roto(...args)).track;
  whole = await fileHashes(join(folder, 'whole'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run that did not come to its end', () => {
  it('killed by SIGKILL it goes on from the cache, equal to an uninterrupted one bit for bit', async () => {
    const args = ['mask', 'clip.mp4', '-p', points, ...cacheAt('killed-cache'), '-o', 'killed'];
    const killed = startRoto([...args, ...quick, '--json-stream'], {
      cwd: folder,
      onLine: (line) => {
        if (line.includes('"done":29,')) killed.child.kill('SIGKILL');
      },
    });
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(await finishedFiles(join(folder, 'killed'))).toEqual([]);
    const again = await roto(...args, '--json-stream');
    expect(again.status, again.stdout).toBe(0);
    expect(firstReused(again)).toBeGreaterThanOrEqual(29);
    expect(await fileHashes(join(folder, 'killed'))).toEqual(whole);
  });

  it.skipIf(!mayMount)(
    'a full disk for the outputs is status 1, and the track is kept (needs mount)',
    async () => {
      using disk = mountDisk('size=48k');
      const out = join(disk.path, 'out');
      for (const format of ['png16', 'prores4444']) {
        const args = [
          'mask',
          'clip.mp4',
          '-p',
          points,
          ...cacheAt('whole-cache'),
          '-o',
          out,
          '-F',
          format,
        ];
        const end = await roto(...args, '--json');
        expect(end.status).toBe(1);
        expect(errorOf(end)).toMatchObject({ code: 'disk_full' });
        expect(await fileHashes(disk.path)).toEqual({});
      }
      disk.remount('size=4m');
      const args = ['mask', 'clip.mp4', '-p', points, ...cacheAt('whole-cache'), '-o', out];
      const end = await roto(...args, '--json-stream');
      expect(end.status, end.stdout).toBe(0);
      expect(progressOf(end, 'track')).toEqual([]);
      expect(await fileHashes(out)).toEqual(whole);
    },
  );

  it.skipIf(!mayMount)(
    'a full disk for the cache is status 1, and with room it goes on (needs mount)',
    async () => {
      // Room for the key frame and some frames after it, found out by a run without limits.
      using disk = mountDisk('size=8m');
      const args = ['mask', 'clip.mp4', '-p', points, '--cache', disk.path, '-o', 'full'];
      disk.remount('size=760k');
      const full = await roto(...args, '--json');
      expect(full.status, full.stdout).toBe(1);
      expect(errorOf(full)).toMatchObject({ code: 'disk_full' });
      expect(existsSync(join(folder, 'full'))).toBe(false);
      disk.remount('size=8m');
      const again = await roto(...args, '--json-stream');
      expect(again.status, again.stdout).toBe(0);
      expect(firstReused(again)).toBeGreaterThan(0);
      expect(await fileHashes(join(folder, 'full'))).toEqual(whole);
    },
  );

  it.skipIf(!mayMount)(
    'a folder that cannot be written is status 2, before tracking (needs mount)',
    async () => {
      using disk = mountDisk('ro');
      for (const place of [
        ['-o', disk.path],
        ['-o', 'x', '--cache', disk.path],
      ]) {
        const end = await roto('mask', 'clip.mp4', '-p', points, ...place, '--json');
        expect(end.status, end.stdout).toBe(2);
        expect(errorOf(end)).toMatchObject({ code: 'output_unwritable' });
        expect(end.stderr).not.toContain('track');
      }
      expect(existsSync(join(folder, 'x'))).toBe(false);
    },
  );
});

describe('the cache', () => {
  it('export of a track never tracks, and its files are those of a direct run', async () => {
    const direct = ['mask', 'clip.mp4', '-p', points, ...cacheAt('whole-cache'), '--choke', '1'];
    await roto(...direct, '-F', 'tiff16', '-o', 'direct');
    const again = ['export', track, ...cacheAt('whole-cache'), '--choke', '1', '-F', 'tiff16'];
    const end = await runRoto([...again, '-o', 'again', '--local', '--json-stream'], {
      cwd: folder,
    });
    expect(end.status, end.stdout).toBe(0);
    expect(progressOf(end, 'track')).toEqual([]);
    expect(progressOf(end, 'export')).toHaveLength(clip.frames);
    expect(await fileHashes(join(folder, 'again'))).toEqual(
      await fileHashes(join(folder, 'direct')),
    );
  });

  it('greenscreen of a track never tracks, and its movie is that of the clip', async () => {
    const screen = ['--color', '#0047bb', '--despill', ...cacheAt('whole-cache'), '--local'];
    const clicks = ['greenscreen', 'clip.mp4', '-p', points, ...screen, ...quick.slice(1)];
    const direct = await runRoto([...clicks, '-o', 'green'], { cwd: folder });
    expect(direct.status, direct.stderr).toBe(0);
    const args = ['greenscreen', track, ...screen, '-o', 'green-again', '--json-stream'];
    const end = await runRoto(args, { cwd: folder });
    expect(end.status, end.stdout).toBe(0);
    expect(progressOf(end, 'track')).toEqual([]);
    const green = await fileHashes(join(folder, 'green'));
    expect(Object.keys(green)).toEqual(['greenscreen.mp4']);
    expect(await fileHashes(join(folder, 'green-again'))).toEqual(green);
  });

  it('one more prompt tracks its own span anew and keeps every byte of the rest', async () => {
    const half = `${points}@0`.replace(' ', '@0 ');
    const clicks = ['-p', half, '-b', '20,6,60,50@10', '--range', '0-15'];
    // Logits carry no hash of the shot, which another prompt changes.
    const prompts = [...clicks, '-F', 'logits', ...cacheAt('prompts-cache')];
    const before = await roto('mask', 'clip.mp4', ...prompts, '-o', 'two', '--json-stream');
    expect(before.status, before.stdout).toBe(0);
    expect(firstReused(before)).toBe(0);
    // From the new prompt back to the one before it, exclusive, and to the end of the range.
    const more = [...prompts, '-b', '20,6,60,50@13', '-o', 'three'];
    const after = await roto('mask', 'clip.mp4', ...more, '--json-stream');
    expect(after.status, after.stdout).toBe(0);
    const [first] = progressOf(after, 'track');
    const fresh = progressOf(after, 'track').map(({ frame }) => frame);
    expect(first?.reused).toBeGreaterThanOrEqual(11);
    expect(Math.min(...fresh.map(Number))).toBeGreaterThan(10);
    const [two, three] = [
      await fileHashes(join(folder, 'two')),
      await fileHashes(join(folder, 'three')),
    ];
    for (let frame = 0; frame <= 10; frame += 1) {
      expect(three[logitsOf(frame)], `frame ${frame}`).toBe(two[logitsOf(frame)]);
    }
    expect(three[logitsOf(14)]).not.toBe(two[logitsOf(14)]);
  });
});

/** Frames that were in the cache when tracking began. */
function firstReused(end: RotoEnd): number | undefined {
  return progressOf(end, 'track')[0]?.reused;
}

/** Files of a folder under their final names: what is not finished lies in a hidden folder. */
async function finishedFiles(place: string): Promise<string[]> {
  return Object.keys(await fileHashes(place)).filter((path) => !path.includes('.roto-part-'));
}
