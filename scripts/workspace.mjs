// Every task of the workspace: brings what the task needs up to date, then runs it under the
// workspace's own Node. Plain JavaScript without dependencies: it is what installs them.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAtLeast, neededNode, workspaceNode } from '../bin/workspace-node.js';

const pnpm = 'pnpm@12.20.0';
/** The oldest Node that pnpm, and with it the install, runs on. */
const oldestNode = '20.20';
/** Packages with a build, each after what it stands on. */
const built = ['sdk', 'inference', 'server', 'cli'];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const installStamp = join(root, 'node_modules', '.roto-install');
const buildStamp = join(root, 'node_modules', '.roto-build.json');

/** Something the person has to do first; printed as it is. */
class Refusal extends Error {}

/** Runs a program with this terminal and resolves to its exit status. */
function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ...env },
    });
    // A terminal's Ctrl-C reaches the child by itself: wait for its answer.
    const wait = () => {};
    const end = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', end);
    child.once('error', reject);
    child.once('close', (status, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', end);
      resolve(signal === null ? status : 128 + constants.signals[signal]);
    });
  });
}

/** A step said itself what was wrong; the task ends with its status. */
class StepFailed extends Error {
  constructor(status) {
    super(`a step ended with status ${status}`);
    this.status = status;
  }
}

/** Like {@link run}, and throws {@link StepFailed} unless the status is 0. */
async function must(command, args, env) {
  const status = await run(command, args, env);
  if (status !== 0) throw new StepFailed(status);
}

/** Hash of the files' names and bytes. */
function hashOf(files, ...more) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  for (const text of more) hash.update(`${text}\0`);
  return hash.digest('hex');
}

/** All files under a folder, in order. */
function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What an install depends on: the lockfile, the workspace file and every package.json. */
function installKey() {
  const manifests = ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .map((name) => join(root, group, name, 'package.json'))
      .filter(existsSync),
  );
  const own = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((f) => join(root, f));
  return hashOf([...own, ...manifests], process.platform, process.arch);
}

async function install() {
  const key = installKey();
  if (readText(installStamp) === key && existsSync(bin)) return;
  rmSync(installStamp, { force: true });
  // CI: pnpm asks nothing, whatever it finds in node_modules.
  await must('npx', ['-y', pnpm, 'install', '--frozen-lockfile'], { CI: 'true' });
  writeFileSync(installStamp, key);
}

/** The Node the tasks run under. */
function taskNode() {
  const own = workspaceNode(root);
  if (own !== undefined) return own;
  if (isAtLeast(process.versions.node, neededNode)) return process.execPath;
  throw new Refusal(
    `roto needs Node ${neededNode} or newer: npm has none for ${process.platform} ${process.arch} and this is ${process.versions.node}.`,
  );
}

/** Compiles the packages whose sources, or whose dependencies' sources, changed. */
async function build() {
  const node = taskNode();
  const before = JSON.parse(readText(buildStamp) || '{}');
  const stamps = {};
  let key = hashOf([join(root, 'tsconfig.json')], installKey());
  for (const name of built) {
    const folder = join(root, 'packages', name);
    const sources = filesUnder(join(folder, 'src')).filter((file) => !/\.test\.tsx?$/.test(file));
    key = hashOf([join(folder, 'tsconfig.json'), ...sources], key);
    const dist = join(folder, 'dist');
    if (before[name] !== key || !existsSync(dist)) {
      rmSync(dist, { recursive: true, force: true });
      await must(node, [tsc, '-p', join('packages', name, 'tsconfig.json')]);
    }
    stamps[name] = key;
    writeFileSync(buildStamp, JSON.stringify({ ...before, ...stamps }));
  }
}

const lint = () => run(taskNode(), [biome, 'check', '--error-on-warnings']);
const types = () => run(taskNode(), [tsc, '-p', 'tsconfig.json']);

/** Lint and types; 0 when both are clean. */
async function check() {
  const statuses = [await lint(), await types()];
  return Math.max(...statuses);
}

function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Everything that has to hold: lint, types and tests. Its last line says how it went, lint and
 * types counted as a test each.
 */
async function test(filters) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const status of [await lint(), await types()]) {
    counts[status === 0 ? 'passed' : 'failed'] += 1;
  }
  const folder = join(root, '.work');
  const summary = join(folder, `test-summary-${process.pid}.json`);
  mkdirSync(folder, { recursive: true });
  const status = await run(taskNode(), [vitest, 'run', ...filters], { ROTO_TEST_SUMMARY: summary });
  const said = JSON.parse(readText(summary) || '{"passed":0,"failed":1,"skipped":0}');
  rmSync(summary, { force: true });
  for (const kind of Object.keys(counts)) counts[kind] += said[kind];
  if (status !== 0 && said.failed === 0) counts.failed += 1;
  console.log(closingLine(counts));
  return counts.failed === 0 ? 0 : 1;
}

/** Runs `packages/<package>/<kind>/<name>.<kind>.ts`; without a name, says which there are. */
async function program(kind, [name, ...args]) {
  const ending = `.${kind}.ts`;
  const scripts = built
    .map((of) => join(root, 'packages', of, kind))
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(ending));
  const names = scripts.map((file) => basename(file, ending));
  const script = scripts[names.indexOf(name)];
  if (script === undefined) {
    throw new Refusal(`Expected a ${kind} to run: ${names.join(', ') || 'there is none yet'}.`);
  }
  return run(taskNode(), ['--conditions=roto-source', script, ...args.filter((a) => a !== '--')]);
}

const tasks = {
  build: async () => 0,
  check,
  format: () => run(taskNode(), [biome, 'check', '--write']),
  test,
  demo: (args) => run(taskNode(), [join('examples', 'demo', 'demo.ts'), ...args]),
  bench: (args) => program('bench', args),
  soak: (args) => program('soak', args),
  migration: (args) =>
    run(taskNode(), ['--conditions=roto-source', join('scripts', 'migration.ts'), ...args]),
};

async function main([name, ...args]) {
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
  if (task === undefined) throw new Refusal(`Expected a task: ${Object.keys(tasks).join(', ')}.`);
  if (!isAtLeast(process.versions.node, oldestNode)) {
    throw new Refusal(
      `This workspace needs Node ${oldestNode} or newer to install itself, and this is ${process.versions.node}.`,
    );
  }
  await install();
  if (name !== 'format') await build();
  return task(args);
}

const [, , ...args] = process.argv;
try {
  process.exitCode = await main(args);
} catch (error) {
  if (!(error instanceof Refusal || error instanceof StepFailed)) throw error;
  process.exitCode = error instanceof Refusal ? 2 : error.status;
  if (error instanceof Refusal) console.error(error.message);
  if (args[0] === 'test') console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
}
