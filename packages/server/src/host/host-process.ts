import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isErrorCode, RotoError, type RunEvent } from '@roto/sdk/contract';
import type { Log } from '../log.ts';
import { variables } from '../variables.ts';
import type { HostCallName, HostCalls, HostReply, HostRequest } from './host-calls.ts';
import { type HostLoss, HostLostError } from './host-lost-error.ts';
import { processMemory } from './process-memory.ts';

/** Limits of a host, and who hears of it. */
export interface HostOptions {
  readonly log: Log;
  /** Bytes that the host and what it starts may hold before it is ended. */
  readonly memoryBytes: number;
  /** Milliseconds without a word in the middle of a call before it is ended. */
  readonly stallMs?: number;
}

export interface HostCallOptions {
  /** Stops the call within a frame. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly onEvent: HostCallOptions['onEvent'];
}

/** Milliseconds a host has to stop a call before it is ended. */
const cancelPatienceMs = 15_000;
const memoryCheckMs = 1000;
const defaultStallMs = 15 * 60_000;

/**
 * An inference host, a child process that is called like a function: the only one that loads the
 * neural runtime, and one that knows no database and no secret. It is started by the first call, and
 * again by the first one after it ended.
 */
export class HostProcess {
  readonly #options: HostOptions;
  #child: ChildProcess | undefined;
  #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #loss: HostLoss = 'crash';
  #heardMs = 0;
  #watch: NodeJS.Timeout | undefined;
  readonly #stopping = new AbortController();

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Id of the process while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Calls under way. */
  get calls(): number {
    return this.#pending.size;
  }

  /**
   * Asks the host for something.
   * @throws HostLostError where it ended in the middle; `interrupted` when the signal aborts; else
   * the RotoError that the host gave
   */
  async call<Name extends HostCallName>(
    name: Name,
    argument: HostCalls[Name]['argument'],
    { signal, onEvent }: HostCallOptions = {},
  ): Promise<HostCalls[Name]['answer']> {
    if (signal?.aborted || this.#stopping.signal.aborted) throw interrupted();
    const child = this.#running();
    const id = this.#nextId;
    this.#nextId += 1;
    this.#heardMs = performance.now();
    const cancel = () => this.#cancel(child, id);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const answer = await new Promise<unknown>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, onEvent });
        send(child, { kind: 'call', id, call: name, argument });
      });
      // biome-ignore lint/plugin: the host answers by the same table of calls
      return answer as HostCalls[Name]['answer'];
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /** Ends the process for good, at once; calls under way are interrupted. May be called again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.end();
  }

  /** Ends the process at once, to free what it holds; the next call starts another one. */
  async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  #running(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const script = hostScript();
    const child = fork(script, {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: hostEnvironment(),
      execArgv: script.endsWith('.ts')
        ? ['--conditions=roto-source', '--disable-warning=ExperimentalWarning']
        : [],
    });
    child.on('message', (reply) => {
      // biome-ignore lint/plugin: the host sends nothing else
      this.#take(reply as HostReply);
    });
    child.once('error', (error) => this.#lost(child, error.message));
    child.once('exit', (status, signal) => this.#lost(child, signal ?? `status ${status}`));
    this.#child = child;
    this.#loss = 'crash';
    this.#watch = setInterval(() => void this.#check(child), memoryCheckMs);
    this.#watch.unref();
    return child;
  }

  #take(reply: HostReply): void {
    this.#heardMs = performance.now();
    const call = this.#pending.get(reply.id);
    if (call === undefined) return;
    if (reply.kind === 'event') {
      call.onEvent?.(reply.event);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'answer') call.resolve(reply.value);
    else call.reject(hostFailure(reply.error));
  }

  #cancel(child: ChildProcess, id: number): void {
    send(child, { kind: 'cancel', id });
    const impatient = setTimeout(() => {
      if (this.#pending.has(id)) child.kill('SIGKILL');
    }, cancelPatienceMs);
    impatient.unref();
  }

  async #check(child: ChildProcess): Promise<void> {
    if (child.pid === undefined || this.#pending.size === 0) return;
    const { memoryBytes, stallMs = defaultStallMs, log } = this.#options;
    const bytes = await processMemory(child.pid);
    const silent = performance.now() - this.#heardMs > stallMs;
    if (bytes <= memoryBytes && !silent) return;
    this.#loss = silent ? 'stall' : 'memory';
    log.warn({ pid: child.pid, bytes, memoryBytes, loss: this.#loss }, 'ending an inference host');
    child.kill('SIGKILL');
  }

  #lost(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    clearInterval(this.#watch);
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    if (calls.length > 0 && !this.#stopping.signal.aborted) {
      this.#options.log.warn(
        { how, loss: this.#loss, calls: calls.length },
        'lost an inference host',
      );
    }
    for (const call of calls) {
      call.reject(
        this.#stopping.signal.aborted ? interrupted() : new HostLostError(this.#loss, how),
      );
    }
  }
}

function send(child: ChildProcess, message: HostRequest): void {
  // One that has just ended cannot be told; its exit rejects the call.
  if (child.connected) child.send(message, () => undefined);
}

function interrupted(): RotoError {
  return new RotoError('interrupted', 'The work was stopped.');
}

/** An error of the host as it was thrown there. */
function hostFailure({
  code,
  message,
  param,
  hint,
}: {
  readonly code: string;
  readonly message: string;
  readonly param?: string | undefined;
  readonly hint?: string | undefined;
}): RotoError {
  return new RotoError(isErrorCode(code) ? code : 'internal', message, {
    ...(param === undefined ? {} : { param }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The entry of the child, beside this file's folder in the sources and in the build. */
function hostScript(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`../bin/inference-host.${ending}`, import.meta.url));
}

/** The environment without what the service is configured by: media of strangers are opened there. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !Object.hasOwn(variables, name) && !/^(AWS|PG)[A-Z_]*$/.test(name),
  );
  return Object.fromEntries(own);
}
