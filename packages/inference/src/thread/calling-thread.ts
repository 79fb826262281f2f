import { type Transferable, Worker } from 'node:worker_threads';
import { RotoError } from '@roto/sdk/contract';
import { fromThreadError, type ReplyMessage } from './messages.ts';

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

export interface CallOptions {
  readonly transfer?: readonly Transferable[];
  readonly onEvent?: (event: unknown) => void;
}

/** A worker thread that is called like a function: every call gets its answer or its error. */
export class CallingThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #failure: RotoError | undefined;
  #closing = false;

  /** @param script the thread's module, `.ts` when run from source and `.js` when built */
  constructor(script: URL, name: string) {
    const fromSource = script.pathname.endsWith('.ts');
    this.#worker = new Worker(script, {
      name,
      execArgv: fromSource
        ? ['--conditions=roto-source', '--disable-warning=ExperimentalWarning']
        : [],
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: ReplyMessage) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread ended')));
  }

  async call(name: string, argument: unknown, options: CallOptions = {}): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onEvent: options.onEvent });
      // A thread with work to do keeps the process alive; an idle one does not.
      this.#worker.ref();
      try {
        this.#worker.postMessage({ id, call: name, argument }, options.transfer ?? []);
      } catch (error) {
        // What cannot be sent is the caller's mistake; nothing will answer it.
        this.#take(id);
        throw error;
      }
    });
  }

  /** Ends the thread, whatever it does; may be called again. */
  async close(): Promise<void> {
    this.#failure ??= new RotoError('internal', 'The worker thread is closed.');
    this.#closing = true;
    await this.#worker.terminate();
  }

  #settle(reply: ReplyMessage): void {
    if ('event' in reply) {
      this.#tell(reply.id, reply.event);
      return;
    }
    const pending = this.#take(reply.id);
    if ('error' in reply) pending?.reject(fromThreadError(reply.error));
    else pending?.resolve(reply.value);
  }

  /** A listener that throws fails the call it listens to, and not the process. */
  #tell(id: number, event: unknown): void {
    try {
      this.#pending.get(id)?.onEvent?.(event);
    } catch (error) {
      this.#take(id)?.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(id: number): PendingCall | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    // One that was told to end keeps the process until it has: whoever closes it waits for that.
    if (this.#pending.size === 0 && !this.#closing) this.#worker.unref();
    return pending;
  }

  #fail(cause: unknown): void {
    this.#failure ??= threadFailure(cause);
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
  }
}

function threadFailure(cause: unknown): RotoError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new RotoError('out_of_memory', 'The engine ran out of memory.', {
      hint: 'Close other programs, or choose draft quality or a smaller input size.',
      cause,
    });
  }
  return new RotoError('engine_failed', 'The engine stopped unexpectedly.', { cause });
}

/** The URL of a thread's module beside `from`, in source and in the build alike. */
export function threadScript(name: string, from: string): URL {
  return new URL(`${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from);
}
