import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const support = new URL('support/', import.meta.url);

/** The packages that a process of the command loads, ours left out, each once. */
async function packagesOf(...args: string[]): Promise<string[]> {
  const { stdout, stderr } = await run(process.execPath, [
    '--conditions=roto-source',
    `--import=${new URL('list-modules.ts', support).href}`,
    fileURLToPath(new URL('source-bin.ts', support)),
    ...args,
  ]);
  expect(stdout).not.toBe('');
  const modules = stderr.split('\n');
  expect(modules.some((url) => url.endsWith('/cli/src/main.ts'))).toBe(true);
  const names = modules.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

describe('a cold start', () => {
  it.each(['--help', 'help', 'help formats', '--version'])(
    'of roto %s loads no package but the one that reads the command line',
    async (line) => {
      expect(await packagesOf(...line.split(' '))).toEqual(['commander']);
    },
  );

  it('loads the rest with the command that is named', async () => {
    expect(await packagesOf('mask', '--help')).toContain('zod');
  });
});
