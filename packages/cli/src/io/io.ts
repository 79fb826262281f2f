/** A stream the CLI writes to; where it is a terminal, its size is known. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  getColorDepth?(env?: object): number;
}

/** What is typed, or comes through a pipe. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** Asks the terminal something it answers on its input, such as what pictures it can draw. */
export interface TerminalQuery {
  /**
   * Writes `request` and collects the answer until `isWhole` says it has all come, or `timeoutMs`
   * are over; then what came so far, `''` from a silent terminal.
   */
  ask(request: string, isWhole: (answer: string) => boolean, timeoutMs: number): Promise<string>;
}

/** What somebody types, as it is typed: nothing is echoed, and Ctrl-C is a character. */
export interface TerminalInput {
  /**
   * Tells of all input until the function it gives is called. Then, and whatever way the process
   * ends before, the terminal is as it was, and gets `leave`.
   */
  listen(onInput: (text: string) => void, leave: string): () => void;
}

/** Everything a command may touch of the process: tests give their own. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: OutputStream;
  /** Progress, warnings and sentences for a person. */
  readonly stderr: OutputStream;
  /** Answers to questions, tokens and passwords. */
  readonly stdin: InputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths of the command line start from. */
  readonly cwd: string;
  /** Aborted by the first SIGINT or SIGTERM; its reason is the RotoError to end with. */
  readonly signal: AbortSignal;
  /** Absent where there is no terminal to ask. */
  readonly terminal?: TerminalQuery;
  /** Absent where nobody can type. */
  readonly input?: TerminalInput;
}

/** Writes one line. */
export function writeLine(stream: OutputStream, line: string): void {
  stream.write(`${line}\n`);
}

/** A variable of the environment; blank counts as not set. */
export function envValue(io: Pick<Io, 'env'>, name: string): string | undefined {
  const value = io.env[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
}
