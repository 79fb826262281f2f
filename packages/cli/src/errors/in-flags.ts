import { type ErrorCode, RotoError } from '@roto/sdk/contract/errors';

/** The argument or flag that sets a field of the shot document, by the field the engine names. */
const flags: Readonly<Record<string, string>> = {
  'source.path': 'clip',
  'source.range': '--range',
  'source.inputColorspace': '--input-colorspace',
  prompts: '--points',
  points: '--points',
  box: '--box',
  mask: '--mask',
  frame: '--frame',
  objects: '--object',
  outputs: '--format',
  engine: '--engine',
  model: '--model',
  device: '--device',
  inputSize: '--input-size',
  precision: '--precision',
  preset: '--preset',
  fillHoleArea: '--fill-hole-area',
  memoryFrames: '--memory-frames',
  memoryStride: '--memory-stride',
  maxCondFrames: '--max-cond-frames',
  cache: '--cache',
  as: '--as',
  name: '--name',
  file: '--file',
};

/** What to do next in flags, where the engine, which is no program, can only say it in words. */
const hints: Partial<Record<ErrorCode, string>> = {
  output_exists: 'Choose another folder with -o, or add --overwrite.',
  sequence_gap: 'Copy the missing frames, or fill the gap with --missing-frames hold or black.',
  device_unavailable: 'Use --device cpu, or see roto doctor for what CUDA lacks.',
};

/** The same, where the engine does not say what would help. */
const lastHints: Partial<Record<ErrorCode, string>> = {
  network_failed: 'See that the server runs there; --base-url or --profile names another one.',
  out_of_memory:
    'Close other programs, or choose a smaller model with --quality draft, or a smaller --input-size.',
};

/**
 * An error of the engine in the words of the command line. Fields keep their names where the shot
 * came from a document: there they are what the caller wrote.
 */
export function inFlags(error: RotoError, fromDocument: boolean): RotoError {
  const { code, message, param } = error;
  // It names a flag already: one of the CLI's own.
  if (param?.startsWith('-')) return error;
  const named = param === undefined || fromDocument ? param : (flags[param] ?? param);
  const hint = hints[code] ?? error.hint ?? lastHints[code];
  if (named === param && hint === error.hint) return error;
  return new RotoError(code, message, {
    ...(named === undefined ? {} : { param: named }),
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
