import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isAtLeast, neededNode } from '../bin/workspace-node.js';

/**
 * A Node older than roto needs, to start things with: `ROTO_OLD_NODE`, else the first on `PATH` or
 * in the usual places; undefined where this machine has none.
 */
export function findOldNode(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin'];
  const candidates = [process.env['ROTO_OLD_NODE'], ...folders.map((f) => join(f, 'node'))];
  return candidates.find((file) => file !== undefined && existsSync(file) && isOld(file));
}

function isOld(file: string): boolean {
  const version = execFileSync(file, ['--version'], { encoding: 'utf8' }).trim().slice(1);
  return !isAtLeast(version, neededNode);
}
