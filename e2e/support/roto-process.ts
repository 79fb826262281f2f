import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ErrorDocument, Result, RunEvent } from '../../packages/sdk/src/contract/index.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const bin = join(root, 'packages', 'cli', 'bin', 'roto.js');

export interface RotoOptions {
  readonly cwd: string;
  /** Variables beside those of this test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told of every whole line, as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

/** How a run of the CLI ended, and what it said. */
export interface RotoEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RotoProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<RotoEnd>;
}

/** Starts the built CLI under the Node of this test, with its arguments as they are. */
export function startRoto(args: readonly string[], options: RotoOptions): RotoProcess {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    let rest = '';
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line, name);
    });
  }
  const ended = new Promise<RotoEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, ...text }));
  });
  return { child, ended };
}

export function runRoto(args: readonly string[], options: RotoOptions): Promise<RotoEnd> {
  return startRoto(args, options).ended;
}

/** The one document on stdout, as the contract reads it. */
export function errorOf({ stdout }: RotoEnd): ErrorDocument['error'] {
  return ErrorDocument.parse(JSON.parse(stdout)).error;
}

/** The result of a run that has to have ended well. */
export function resultOf(end: RotoEnd): Result {
  if (end.status !== 0)
    throw new Error(`roto ended with ${end.status}: ${end.stdout}${end.stderr}`);
  return Result.parse(JSON.parse(end.stdout));
}

/** The events of `--json-stream`; all but the result of a run that has to have ended well. */
export function eventsOf({ stdout }: Pick<RotoEnd, 'stdout'>): RunEvent[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => RunEvent.parse(JSON.parse(line)));
}

type Progress = Extract<RunEvent, { event: 'progress' }>;

/** The progress of one stage. */
export function progressOf(end: Pick<RotoEnd, 'stdout'>, stage: Progress['stage']): Progress[] {
  return eventsOf(end).filter(
    (event): event is Progress => event.event === 'progress' && event.stage === stage,
  );
}
