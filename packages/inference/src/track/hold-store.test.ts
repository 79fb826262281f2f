import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdStore, isHeld } from './hold-store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-use-'));
});
afterEach(() => rm(folder, { recursive: true }));

const mark = 'use-0123456789abcdef.json';
const day = 24 * 60 * 60 * 1000;

async function leaveMark(text: string, age = 0): Promise<void> {
  await writeFile(join(folder, mark), text);
  const made = new Date(Date.now() - age);
  await utimes(join(folder, mark), made, made);
}

describe('holdStore', () => {
  it('marks a store as in use until the last of its users lets go', async () => {
    const first = await holdStore(folder);
    const second = await holdStore(folder);
    expect(await isHeld(folder)).toBe(true);
    await first();
    await first();
    expect(await isHeld(folder)).toBe(true);
    await second();
    expect(await isHeld(folder)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not count the mark of a process that is gone, and takes it away', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    await leaveMark(JSON.stringify({ pid, host: hostname() }));
    expect(await isHeld(folder)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not take the mark of a killed process with its own number for its own', async () => {
    const before = process.uptime() * 1000 + 60_000;
    await leaveMark(JSON.stringify({ pid: process.pid, host: hostname() }), before);
    expect(await isHeld(folder)).toBe(false);
  });

  it('respects a mark of another machine for a day', async () => {
    await leaveMark(JSON.stringify({ pid: 1, host: 'another-machine' }), day / 2);
    expect(await isHeld(folder)).toBe(true);
    await leaveMark(JSON.stringify({ pid: 1, host: 'another-machine' }), day * 2);
    expect(await isHeld(folder)).toBe(false);
  });

  it.each(['', '{}', '[1]', '{"pid":-1,"host":"x"}'])(
    'respects a mark that says nothing for a minute: %s',
    async (text) => {
      await leaveMark(text);
      expect(await isHeld(folder)).toBe(true);
      await leaveMark(text, 120_000);
      expect(await isHeld(folder)).toBe(false);
    },
  );

  it('is not in use where there is no folder', async () => {
    expect(await isHeld(join(folder, 'none'))).toBe(false);
  });
});
