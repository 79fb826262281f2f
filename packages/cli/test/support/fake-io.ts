import { Readable, Writable } from 'node:stream';
import type { InputStream, Io, OutputStream, TerminalQuery } from '../../src/io/io.ts';

/** A stream that keeps what is written to it. */
export class KeptStream extends Writable implements OutputStream {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;

  constructor(terminal: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    super();
    this.isTTY = terminal.isTTY ?? false;
    this.columns = terminal.columns ?? 80;
    this.rows = terminal.rows ?? 24;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }

  /** The last thing drawn, without escape sequences. */
  get plain(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    return this.text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '');
  }
}

/** An {@link Io} of streams in memory. */
export interface FakeIo extends Io {
  readonly stdout: KeptStream;
  readonly stderr: KeptStream;
}

export function createFakeIo(
  options: {
    cwd?: string;
    env?: Record<string, string>;
    stdout?: KeptStream;
    stderr?: KeptStream;
    stdin?: InputStream;
    signal?: AbortSignal;
    terminal?: TerminalQuery;
  } = {},
): FakeIo {
  return {
    stdout: options.stdout ?? new KeptStream(),
    stderr: options.stderr ?? new KeptStream(),
    stdin: options.stdin ?? Readable.from([]),
    env: options.env ?? {},
    cwd: options.cwd ?? '/shots',
    signal: options.signal ?? new AbortController().signal,
    ...(options.terminal === undefined ? {} : { terminal: options.terminal }),
  };
}
