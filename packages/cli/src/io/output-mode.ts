/** What stdout carries: sentences, one JSON document, or one JSON event a line. */
export type OutputMode = 'text' | 'json' | 'json-stream';

/**
 * The mode asked for, read straight from the arguments, so that a wrong argument is answered in the
 * form that was asked for too.
 */
export function outputModeOf(argv: readonly string[]): OutputMode {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  if (options.includes('--json-stream')) return 'json-stream';
  return options.includes('--json') ? 'json' : 'text';
}
