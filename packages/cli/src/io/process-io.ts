import { RotoError } from '@roto/sdk/contract/errors';
import type { Io, OutputStream, TerminalInput, TerminalQuery } from './io.ts';

/** The part of Node's `process` the CLI stands on. */
type NodeProcess = typeof process;

/** Signals that end a run in order, with the error it then ends with. */
const stops = [
  {
    signal: 'SIGINT',
    reason: () => new RotoError('interrupted', 'Stopped by Ctrl-C; what was tracked is kept.'),
  },
  {
    signal: 'SIGTERM',
    reason: () => new RotoError('terminated', 'Stopped by SIGTERM; what was tracked is kept.'),
  },
] as const;

/** Ends the process at once by a signal. */
export type DieBy = (signal: 'SIGINT' | 'SIGTERM') => void;

/**
 * The real process as an {@link Io}. The first SIGINT or SIGTERM aborts the signal, so that the work
 * ends in order; the second ends the process at once.
 */
export function createProcessIo(node: NodeProcess, dieBy: DieBy): Io {
  const controller = new AbortController();
  const input = new ProcessInput(node);
  for (const { signal, reason } of stops) {
    node.on(signal, () => {
      if (!controller.signal.aborted) {
        controller.abort(reason());
        return;
      }
      input.restore();
      // Whatever hid the cursor gets no chance to show it again.
      if (node.stderr.isTTY) node.stderr.write('\u001b[?25h');
      dieBy(signal);
    });
  }
  return {
    stdout: survivingItsReader(node.stdout),
    stderr: survivingItsReader(node.stderr),
    stdin: node.stdin,
    env: node.env,
    cwd: node.cwd(),
    signal: controller.signal,
    ...(node.stdin.isTTY && node.stdout.isTTY ? { terminal: terminalQuery(node), input } : {}),
  };
}

/**
 * A stream whose reader may go away (`roto mask --json-stream | head`): the rest is dropped without
 * a word, and the work, whose files are what was asked for, goes on.
 */
function survivingItsReader(stream: OutputStream): OutputStream {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
  return stream;
}

/** Waits until everything written so far has left the process. */
export function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

function terminalQuery(node: NodeProcess): TerminalQuery {
  return {
    ask: (request, isWhole, timeoutMs) =>
      new Promise((resolve) => {
        const { stdin, stdout } = node;
        let answer = '';
        const finish = () => {
          clearTimeout(timer);
          stdin.off('data', collect);
          stdin.off('error', finish);
          try {
            stdin.setRawMode(false);
          } catch {
            // The terminal is gone; there is nothing left to restore.
          }
          stdin.pause();
          resolve(answer);
        };
        const collect = (chunk: Buffer) => {
          answer += chunk.toString('latin1');
          if (isWhole(answer)) finish();
        };
        const timer = setTimeout(finish, timeoutMs);
        stdin.on('error', finish);
        try {
          stdin.setRawMode(true);
        } catch {
          // Not the terminal's foreground process: it will not answer us.
          finish();
          return;
        }
        stdin.on('data', collect);
        stdin.resume();
        stdout.write(request);
      }),
  };
}

/** The terminal of the process in raw mode. */
class ProcessInput implements TerminalInput {
  readonly #node: NodeProcess;
  /** Undoes what is going on; there while somebody listens. */
  #end: (() => void) | undefined;

  constructor(node: NodeProcess) {
    this.#node = node;
  }

  listen(onInput: (text: string) => void, leave: string): () => void {
    const { stdin, stdout } = this.#node;
    const decoder = new TextDecoder();
    const hear = (chunk: Buffer) => onInput(decoder.decode(chunk, { stream: true }));
    // A terminal that is gone is told by the signal that comes with it.
    const ignore = () => undefined;
    const restore = () => this.restore();
    this.#end = () => {
      this.#end = undefined;
      this.#node.off('exit', restore);
      stdin.off('data', hear);
      setRaw(stdin, false);
      stdin.pause();
      stdout.write(leave);
    };
    this.#node.once('exit', restore);
    stdin.on('error', ignore);
    setRaw(stdin, true);
    stdin.on('data', hear);
    stdin.resume();
    return restore;
  }

  /** The terminal as it was before; nothing where nobody listens. */
  restore(): void {
    this.#end?.();
  }
}

function setRaw(stdin: NodeProcess['stdin'], raw: boolean): void {
  try {
    stdin.setRawMode(raw);
  } catch {
    // The terminal is gone; there is nothing to change about it.
  }
}
