import { OutputFormat, outputFormats, Quality, RotoError } from '@roto/sdk/contract';
import { quoted } from './numbers.ts';

/**
 * Reads one word of a closed list.
 * @throws RotoError `invalid_argument` that names the list
 */
export function parseChoice<const T extends string>(
  text: string,
  choices: readonly T[],
  flag: string,
): T {
  const choice = choices.find((word) => word === text.trim());
  if (choice !== undefined) return choice;
  throw new RotoError(
    'invalid_argument',
    `Expected one of ${choices.join(', ')} for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}

/**
 * Reads a quality; `normal` is an older word for `standard`.
 * @throws RotoError `invalid_argument` that names the list
 */
export function parseQuality(text: string, flag = '--quality'): Quality {
  return text.trim() === 'normal' ? 'standard' : parseChoice(text, Quality.options, flag);
}

/**
 * Reads output formats parted by commas; each is kept once, in the order given.
 * @throws RotoError `unknown_format` that names the closed list
 */
export function parseFormats(text: string, flag = '--format'): OutputFormat[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length === 0) throw unknownFormat(text, flag);
  const formats = words.map((word) => {
    const format = OutputFormat.safeParse(word);
    if (!format.success) throw unknownFormat(word, flag);
    return format.data;
  });
  return [...new Set(formats)];
}

function unknownFormat(text: string, flag: string): RotoError {
  return new RotoError(
    'unknown_format',
    `Expected output formats out of ${outputFormats.join(', ')} for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}

/**
 * Reads a colour `#00b140` or `00b140`, or short `#0b4`; gives `#rrggbb` in small letters.
 * @throws RotoError `invalid_argument`
 */
export function parseColor(text: string, flag = '--color'): string {
  const [, digits] = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text.trim()) ?? [];
  if (digits === undefined) {
    throw new RotoError(
      'invalid_argument',
      `Expected a colour such as '#00b140' for ${flag} but received ${quoted(text)}.`,
      { param: flag },
    );
  }
  const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  return `#${long.toLowerCase()}`;
}

/**
 * Reads a device: `auto`, `cpu`, `cuda` or `cuda:1`.
 * @throws RotoError `invalid_argument`
 */
export function parseDevice(text: string, flag = '--device'): string {
  if (/^(auto|cpu|cuda(:\d{1,2})?)$/.test(text.trim())) return text.trim();
  throw new RotoError(
    'invalid_argument',
    `Expected auto, cpu, cuda or cuda:1 for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}

/**
 * Reads a name for an object, which becomes a folder and a file name.
 * @throws RotoError `invalid_argument`
 */
export function parseObjectName(text: string, flag = '--object'): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)) return text;
  throw new RotoError(
    'invalid_argument',
    `Expected an object name of letters, digits, - and _, at most 64, starting with a letter or digit, for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}

/**
 * Reads a path; only the empty one is refused here.
 * @throws RotoError `invalid_argument`
 */
export function parsePath(text: string, flag: string): string {
  if (text !== '' && !text.includes('\0')) return text;
  throw new RotoError(
    'invalid_argument',
    `Expected a path for ${flag} but received ${quoted(text)}.`,
    { param: flag },
  );
}
