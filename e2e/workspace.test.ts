import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Notes that it was called, as `<name> <arguments>`, and does what its variable says. */
function tool(name: string, does = ''): string {
  return `
const { appendFileSync, mkdirSync, writeFileSync } = await import('node:fs');
appendFileSync(process.env.ROTO_CALLS, '${name} ' + process.argv.slice(2).join(' ') + '\\n');
${does}`;
}

const fakeTsc = tool(
  'tsc',
  `const at = process.argv[3].replace('tsconfig.json', 'dist');
if (at !== process.argv[3] && at !== 'dist') mkdirSync(at, { recursive: true });
process.exitCode = Number(process.env.TSC_STATUS ?? 0);`,
);
const fakeBiome = tool('biome', 'process.exitCode = Number(process.env.BIOME_STATUS ?? 0);');
const fakeVitest = tool(
  'vitest',
  `
const said = process.env.VITEST_SAID;
if (said) writeFileSync(process.env.ROTO_TEST_SUMMARY, said);
process.exitCode = Number(process.env.VITEST_STATUS ?? 0);`,
);

/** A workspace of empty packages whose tools only note that they were called. */
describe('scripts/workspace.mjs', () => {
  let folder = '';
  let calls = '';

  async function put(path: string, text: string): Promise<void> {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roto-workspace-'));
    calls = join(folder, 'calls');
    await cp(join(root, 'scripts', 'workspace.mjs'), join(folder, 'scripts', 'workspace.mjs'));
    await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
    await put('package.json', '{ "type": "module" }');
    for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'tsconfig.json', 'calls']) {
      await put(file, '');
    }
    for (const name of ['sdk', 'inference', 'server', 'cli']) {
      await put(`packages/${name}/package.json`, '{}');
      await put(`packages/${name}/tsconfig.json`, '');
      await put(`packages/${name}/src/index.ts`, name);
    }
    await mkdir(join(folder, 'examples'));
    await put('node_modules/typescript/bin/tsc', fakeTsc);
    await put('node_modules/@biomejs/biome/bin/biome', fakeBiome);
    await put('node_modules/vitest/vitest.mjs', fakeVitest);
    await put('node_modules/.bin/npx', `#!${process.execPath}\n${tool('npx')}`);
    await chmod(join(folder, 'node_modules', '.bin', 'npx'), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Runs a task and tells its status, its output and the tools it called since the last one. */
  function run(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    const env = {
      ...process.env,
      PATH: `${join(folder, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      ROTO_CALLS: calls,
      ...variables,
    };
    const script = join(folder, 'scripts', 'workspace.mjs');
    return new Promise<{ status: number; out: string; err: string; called: string[] }>(
      (resolve) => {
        execFile(process.execPath, [script, ...args], { env }, async (error, out, err) => {
          const called = (await readFile(calls, 'utf8')).split('\n').filter(Boolean);
          await writeFile(calls, '');
          resolve({ status: Number(error?.code ?? 0), out, err, called });
        });
      },
    );
  }

  it('installs and builds once, and not again while nothing changed', async () => {
    const first = await run(['build']);
    expect(first).toMatchObject({ status: 0 });
    expect(first.called).toEqual([
      'npx -y pnpm@12.20.0 install --frozen-lockfile',
      'tsc -p packages/sdk/tsconfig.json',
      'tsc -p packages/inference/tsconfig.json',
      'tsc -p packages/server/tsconfig.json',
      'tsc -p packages/cli/tsconfig.json',
    ]);
    expect((await run(['build'])).called).toEqual([]);
  });

  it('installs again when the lockfile or the manifest of a package changed', async () => {
    await run(['build']);
    await put('pnpm-lock.yaml', 'changed');
    expect((await run(['build'])).called[0]).toMatch(/^npx/);
    await put('packages/cli/package.json', '{ "name": "changed" }');
    expect((await run(['build'])).called[0]).toMatch(/^npx/);
  });

  it('builds a changed package and those that stand on it, for tests not at all', async () => {
    await run(['build']);
    await put('packages/inference/src/more.ts', 'more');
    expect((await run(['build'])).called).toEqual([
      'tsc -p packages/inference/tsconfig.json',
      'tsc -p packages/server/tsconfig.json',
      'tsc -p packages/cli/tsconfig.json',
    ]);
    await put('packages/inference/src/more.test.ts', 'more');
    expect((await run(['build'])).called).toEqual([]);
  });

  it('builds again after a build that failed', async () => {
    expect((await run(['build'], { TSC_STATUS: '2' })).status).toBe(2);
    expect((await run(['build'])).called).toContain('tsc -p packages/sdk/tsconfig.json');
  });

  it('ends a test run with the counts alone on the last line, lint and types among them', async () => {
    const said = '{"passed":7,"failed":0,"skipped":2}';
    const { status, out, called } = await run(['test', 'packages/x'], { VITEST_SAID: said });
    expect(status).toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toBe('9 passed, 0 failed, 2 skipped');
    expect(called).toContain('vitest run packages/x');
  });

  it.each([
    [
      'a failing test',
      { VITEST_SAID: '{"passed":7,"failed":1,"skipped":0}', VITEST_STATUS: '1' },
      '9 passed, 1 failed, 0 skipped',
    ],
    [
      'lint',
      { VITEST_SAID: '{"passed":7,"failed":0,"skipped":0}', BIOME_STATUS: '1' },
      '8 passed, 1 failed, 0 skipped',
    ],
    ['a runner that dies without a word', { VITEST_STATUS: '1' }, '2 passed, 1 failed, 0 skipped'],
    [
      'a runner that fails though its tests passed',
      { VITEST_SAID: '{"passed":7,"failed":0,"skipped":0}', VITEST_STATUS: '1' },
      '9 passed, 1 failed, 0 skipped',
    ],
    ['a build that fails', { TSC_STATUS: '2' }, '0 passed, 1 failed, 0 skipped'],
  ])('a test run fails by %s and says so in its last line', async (_, variables, line) => {
    const { status, out } = await run(['test'], variables);
    expect(status).not.toBe(0);
    expect(out.trimEnd().split('\n').at(-1)).toBe(line);
  });

  it('names the tasks there are where it is asked for another', async () => {
    const { status, err } = await run(['nonsense']);
    expect(status).toBe(2);
    expect(err).toMatch(/build, check, format, test, demo, bench, soak, migration/);
  });

  it('names the benches there are where none is named', async () => {
    await put('packages/inference/bench/accuracy.bench.ts', 'console.log(process.argv.slice(2))');
    expect(await run(['bench'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/accuracy/),
    });
    const { status, out } = await run(['bench', 'accuracy', '--', '--frames', '20']);
    expect({ status, out: out.trim() }).toEqual({ status: 0, out: "[ '--frames', '20' ]" });
  });
});
