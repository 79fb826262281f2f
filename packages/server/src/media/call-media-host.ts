import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isErrorCode, RotoError } from '@roto/sdk/contract';
import { variables } from '../variables.ts';
import type { MediaCallName, MediaCalls, MediaReply, MediaRequest } from './media-calls.ts';

/** What one call may take. */
export interface MediaLimits {
  /** Milliseconds on the clock. */
  readonly timeoutMs: number;
  /** Bytes of memory that each process of the call may fill. */
  readonly memoryBytes: number;
  /** Bytes of the largest file that may be written. */
  readonly fileBytes: number;
}

export const mediaLimits: MediaLimits = {
  timeoutMs: 60 * 60_000,
  memoryBytes: 4 * 1024 ** 3,
  fileBytes: 32 * 1024 ** 3,
};

const prlimit = '/usr/bin/prlimit';

/**
 * Opens media of strangers in a process of its own, which ends with the call: it knows no database
 * and no secret, may fill so much memory and disk and no more, and takes what it started with it
 * when it goes.
 *
 * @throws RotoError as the host gave it; `source_unreadable` where it took too long or crashed;
 *   the signal's reason
 */
export async function callMediaHost<Name extends MediaCallName>(
  call: Name,
  argument: MediaCalls[Name]['argument'],
  { signal, limits = mediaLimits }: { signal: AbortSignal; limits?: MediaLimits },
): Promise<MediaCalls[Name]['answer']> {
  signal.throwIfAborted();
  const child = await start(limits);
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const stop = AbortSignal.any([signal, timeout]);
  const end = () => endGroup(child);
  stop.addEventListener('abort', end, { once: true });
  try {
    const request: MediaRequest = { call, argument };
    const reply = await answerOf(child, request);
    if (signal.aborted) throw signal.reason;
    if (timeout.aborted) throw gaveUp('looking at it took too long');
    if (reply === undefined) throw gaveUp('it took more memory than a clip may, or crashed ffmpeg');
    if (reply.kind === 'failure') throw failureOf(reply.error);
    // biome-ignore lint/plugin: the host answers by the same table of calls
    return reply.value as MediaCalls[Name]['answer'];
  } finally {
    stop.removeEventListener('abort', end);
    endGroup(child);
  }
}

async function start({ memoryBytes, fileBytes }: MediaLimits): Promise<ChildProcess> {
  const script = hostScript();
  const options = script.endsWith('.ts')
    ? ['--conditions=roto-source', '--disable-warning=ExperimentalWarning']
    : [];
  const node = [process.execPath, ...options, script];
  const hasLimits = await access(prlimit, constants.X_OK).then(
    () => true,
    () => false,
  );
  const limits = [prlimit, `--data=${memoryBytes}`, `--fsize=${fileBytes}`, '--core=0', '--'];
  const [program = '', ...args] = hasLimits ? [...limits, ...node] : node;
  return spawn(program, args, {
    // A group of its own, so that its ffmpeg can be ended with it.
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: hostEnvironment(),
    windowsHide: true,
  });
}

/** Undefined where the host ended without a word. */
function answerOf(child: ChildProcess, request: MediaRequest): Promise<MediaReply | undefined> {
  return new Promise((resolve, reject) => {
    child.once('message', (reply) => {
      // biome-ignore lint/plugin: the host sends nothing else
      resolve(reply as MediaReply);
    });
    child.once('error', reject);
    child.once('exit', () => setImmediate(resolve, undefined));
    child.send(request, (error) => {
      if (error !== null) child.kill('SIGKILL');
    });
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}

function gaveUp(reason: string): RotoError {
  return new RotoError('source_unreadable', `The clip was given up: ${reason}.`);
}

function failureOf({ code, message, hint }: Extract<MediaReply, { kind: 'failure' }>['error']) {
  return new RotoError(isErrorCode(code) ? code : 'internal', message, {
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The entry of the child, beside this file's folder in the sources and in the build. */
function hostScript(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../bin/media-host.${ending}`, import.meta.url));
}

/** The environment without what the service is configured by. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !Object.hasOwn(variables, name) && !/^(AWS|PG|STRIPE|MAIL)/.test(name),
  );
  return Object.fromEntries(kept);
}
