import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from './support/find-program.ts';

const run = promisify(execFile);
const units = join(import.meta.dirname, '..', 'deploy', 'systemd');
const systemUnits = '/usr/lib/systemd/system';
const analyze = findProgram('systemd-analyze');

describe.skipIf(analyze === undefined)('units of systemd (needs systemd-analyze)', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'roto-units-'));
    // What the units start has to be there; any program will do.
    for (const path of ['opt/roto/node_modules/.bin/roto', 'home/roto/bin/roto.js']) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await cp('/bin/true', join(root, path), { dereference: true });
    }
    // Units that ours name.
    await cp(systemUnits, join(root, systemUnits), { recursive: true, verbatimSymlinks: true });
    await mkdir(join(root, 'etc/systemd'), { recursive: true });
    await cp(units, join(root, 'etc/systemd/system'), { recursive: true });
    await symlink('usr/lib', join(root, 'lib'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** What systemd-analyze has to say; it ends well after most complaints. */
  async function complaints(args: readonly string[]): Promise<string> {
    const env = { ...process.env, HOME: join(root, 'home'), XDG_RUNTIME_DIR: root };
    const { stdout, stderr } = await run('systemd-analyze', args, { env });
    return stdout + stderr;
  }

  it('has nothing to say of those of production', async () => {
    const names = ['roto.service', 'roto-worker@1.service'];
    expect(await complaints(['verify', `--root=${root}`, ...names])).toBe('');
  });

  it('has nothing to say of those of development', async () => {
    const names = ['roto-dev.service', 'roto-worker-dev.service'];
    const paths = names.map((name) => join(units, name));
    expect(await complaints(['--user', 'verify', ...paths])).toBe('');
  });

  it('finds what is wrong in a unit', async () => {
    const path = join(root, 'etc/systemd/system/roto-wrong.service');
    const text = await readFile(join(units, 'roto.service'), 'utf8');
    await writeFile(path, text.replace('Restart=on-failure', 'Restart=sometimes'));
    const said = await complaints(['verify', `--root=${root}`, 'roto-wrong.service']);
    expect(said).toContain('sometimes');
  });

  it('counts those of production among the well shut ones', async () => {
    const paths = ['roto.service', 'roto-worker@.service'].map((name) => join(units, name));
    // Ends with a failure above the threshold, of 100.
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', ...paths]);
  });
});

it('gives every unit more time to stop than handing a task back takes, and spares its hosts', async () => {
  const names = await readdir(units);
  expect(names).toHaveLength(4);
  for (const name of names) {
    const text = await readFile(join(units, name), 'utf8');
    expect(text).toMatch(/^TimeoutStopSec=3min$/m);
    expect(text).toMatch(/^KillMode=mixed$/m);
    expect(text).toMatch(/^Restart=on-failure$/m);
    expect(text).toMatch(/^Type=notify$/m);
  }
});
