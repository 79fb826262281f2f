import type { OutputFormat, ResultOutput } from '@roto/sdk/contract';
import type { WriterContext } from './writer.ts';

/** Formats that carry colour beside alpha and so can be multiplied by it. */
const withColor: readonly OutputFormat[] = ['rgba', 'prores4444', 'webm'];

/** What the result document says of a finished output. */
export function resultOutput(format: OutputFormat, context: WriterContext): ResultOutput {
  const premultiplied = context.premultiplied && withColor.includes(format);
  return {
    ...(context.object === undefined ? {} : { object: context.object }),
    format,
    path: context.path,
    firstFrame: context.firstFrame,
    lastFrame: context.lastFrame,
    alpha: premultiplied ? 'premultiplied' : 'straight',
  };
}
