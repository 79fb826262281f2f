import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../environment.ts';

/** The folder the cache lives in: what was asked for, `ROTO_CACHE_DIR`, else the XDG cache. */
export function cacheFolder(asked: string | undefined, env: Environment = process.env): string {
  if (asked !== undefined && asked !== '') return resolve(asked);
  const own = env['ROTO_CACHE_DIR'];
  if (own !== undefined && own !== '') return resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.cache') : xdg, 'roto');
}

/** Bytes the cache may take before the longest unused tracks go: `ROTO_CACHE_LIMIT_GB`, else 20. */
export function cacheLimitBytes(env: Environment = process.env): number {
  const asked = Number(env['ROTO_CACHE_LIMIT_GB']);
  return (Number.isFinite(asked) && asked > 0 ? asked : 20) * 1e9;
}
