import type { RotoError } from '@roto/sdk/contract/errors';
import { envValue, type Io, writeLine } from './io.ts';
import type { OutputMode } from './output-mode.ts';
import { printable } from './printable.ts';

/** A document with the lines that say the same to a person. */
export interface Printed {
  readonly document: { readonly schema: string };
  readonly lines: readonly string[];
}

/** Writes a result: the document in the JSON mode, else its lines. */
export function printResult(io: Io, mode: OutputMode, { document, lines }: Printed): void {
  if (mode === 'json') writeLine(io.stdout, JSON.stringify(document));
  else if (mode === 'json-stream') {
    writeLine(io.stdout, JSON.stringify({ event: 'result', result: document }));
  } else for (const line of lines) writeLine(io.stdout, line);
}

/** Writes a failure: a document or an event on stdout, else one or two sentences on stderr. */
export function printError(io: Io, mode: OutputMode, error: RotoError): void {
  const document = error.toDocument();
  if (mode === 'json') writeLine(io.stdout, JSON.stringify(document));
  else if (mode === 'json-stream') {
    writeLine(io.stdout, JSON.stringify({ event: 'error', error: document.error }));
  } else {
    writeLine(io.stderr, `roto: ${sentence(error.message)}`);
    if (error.hint !== undefined) writeLine(io.stderr, `      ${sentence(error.hint)}`);
  }
  if (envValue(io, 'ROTO_DEBUG') !== undefined) writeLine(io.stderr, traceOf(error));
}

/** One line that ends as sentences do. */
function sentence(text: string): string {
  const line = printable(text);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** The stack with its causes, for reports. */
function traceOf(error: RotoError): string {
  const traces: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    traces.push(cause.stack ?? cause.message);
  }
  return traces.join('\ncaused by ');
}
