import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own in memory. */
export interface SmallDisk {
  readonly path: string;
  /** Gives it another size or makes it read-only. */
  remount(options: string): void;
  [Symbol.dispose](): void;
}

/** Mounts a disk; `options` are those of tmpfs, such as `size=64k`. Linux, and root there. */
export function mountDisk(options: string): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'roto-disk-'));
  try {
    mount(['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  return {
    path,
    remount: (changed) => mount(['-o', `remount,${changed}`, path]),
    [Symbol.dispose]: () => {
      execFileSync('umount', ['-l', path], { stdio: 'ignore' });
      rmdirSync(path);
    },
  };
}

/** Whether this user may mount disks here. */
export function canMount(): boolean {
  try {
    mountDisk('size=64k')[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

function mount(args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' });
}
