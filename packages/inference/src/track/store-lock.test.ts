import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockStore } from './store-lock.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('lockStore', () => {
  it('refuses a second holder until the first lets go', async () => {
    const release = await lockStore(folder);
    await expect(lockStore(folder)).rejects.toMatchObject({ code: 'cache_locked' });
    await release();
    await (await lockStore(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over the lock of a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid, host: hostname() }));
    await (await lockStore(folder))();
  });

  it('respects a lock of another machine', async () => {
    await writeFile(join(folder, 'lock'), JSON.stringify({ pid: 1, host: 'another-machine' }));
    await expect(lockStore(folder)).rejects.toMatchObject({ code: 'cache_locked' });
  });

  it('takes over a lock that says nothing', async () => {
    await writeFile(join(folder, 'lock'), '');
    await (await lockStore(folder))();
  });
});
