import { type OutputFormat, RotoError, type ShotOutput } from '@roto/sdk/contract';
import type { OptionValues } from '../commands/option-spec.ts';
import type { formatOptions } from '../commands/shared-options.ts';

/** Formats with colour beside alpha. */
const colorFormats: readonly OutputFormat[] = ['rgba', 'prores4444', 'webm'];

/** What is written where neither the command line nor a document says it. */
export const defaultFormats: readonly OutputFormat[] = ['png16'];

/**
 * The outputs the options ask for; undefined where `--format` is not given.
 * @throws RotoError `invalid_argument` for an option that none of the formats takes
 */
export function requestedOutputs(
  options: OptionValues<typeof formatOptions>,
): ShotOutput[] | undefined {
  const { format } = options;
  const formats = format ?? defaultFormats;
  requireFormat(options.premultiplied === true, '--premultiplied', formats, colorFormats);
  requireFormat(options.color !== undefined, '--color', formats, ['greenscreen']);
  requireFormat(options.despill === true, '--despill', formats, ['greenscreen']);
  return format === undefined ? undefined : outputsOf(formats, options);
}

/** Outputs of some formats with the settings that each of them takes. */
export function outputsOf(
  formats: readonly OutputFormat[],
  options: Omit<OptionValues<typeof formatOptions>, 'format'>,
): ShotOutput[] {
  return formats.map((format) => ({
    format,
    premultiplied: colorFormats.includes(format) && options.premultiplied === true,
    color: options.color ?? '#00b140',
    despill: format === 'greenscreen' && options.despill === true,
  }));
}

function requireFormat(
  given: boolean,
  flag: string,
  formats: readonly OutputFormat[],
  takenBy: readonly OutputFormat[],
): void {
  if (!given || formats.some((format) => takenBy.includes(format))) return;
  throw new RotoError(
    'invalid_argument',
    `Expected ${takenBy.join(', ')} in --format together with ${flag} but received ${formats.join(', ')}.`,
    { param: flag },
  );
}
