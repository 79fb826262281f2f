import { spawn } from '@lydell/node-pty';

/** How a program in a terminal ended, and all that it wrote there. */
export interface TerminalEnd {
  readonly status: number;
  /** Number of the signal that ended it; 0 for none. */
  readonly signal: number;
  readonly text: string;
  /** The same without escape sequences. */
  readonly plain: string;
}

/** A program in a terminal of its own. */
export interface Terminal {
  readonly ended: Promise<TerminalEnd>;
  /** Resolves once `wanted` was written; rejects where the program ends without it. */
  said(wanted: string): Promise<void>;
  type(text: string): void;
  resize(columns: number, rows: number): void;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Kind of terminal: `xterm-256color` unless said. */
  readonly term?: string;
}

/** Starts a program with a real terminal on all three streams. */
export function startInTerminal(
  file: string,
  args: readonly string[],
  { cwd, columns = 80, env = {}, term = 'xterm-256color' }: TerminalOptions,
): Terminal {
  const { CI: _ci, NO_COLOR: _noColor, ...own } = process.env;
  const pty = spawn(file, [...args], {
    cwd,
    cols: columns,
    rows: 24,
    name: term,
    env: { ...own, ...env },
  });
  let text = '';
  const waiting: { wanted: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  pty.onData((chunk) => {
    text += chunk;
    for (const { wanted, resolve } of waiting) if (text.includes(wanted)) resolve();
  });
  const ended = new Promise<TerminalEnd>((resolve) => {
    pty.onExit(({ exitCode: status, signal = 0 }) => {
      resolve({ status, signal, text, plain: withoutEscapes(text) });
      for (const { wanted, reject } of waiting) reject(new Error(`No ${wanted} in: ${text}`));
    });
  });
  return {
    ended,
    said: (wanted) =>
      new Promise((resolve, reject) => {
        waiting.push({ wanted, resolve, reject });
        if (text.includes(wanted)) resolve();
      }),
    type: (typed) => pty.write(typed),
    resize: (cols, rows) => pty.resize(cols, rows),
  };
}

function withoutEscapes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '').replaceAll('\r', '');
}
