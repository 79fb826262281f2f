import { RotoError } from '@roto/sdk/contract';

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const integer = /^[+-]?\d+$/;

/** What a number may be, and how the refusal names it. */
export interface NumberLimits {
  /** The flag as the user writes it, `--choke`. */
  readonly flag: string;
  readonly min: number;
  readonly max: number;
  /** `number` unless said. */
  readonly kind?: 'number' | 'whole number';
}

/** A decimal number as text, undefined where it is none: no NaN, no Infinity, no hexadecimal. */
export function decimalNumber(text: string): number | undefined {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : undefined;
}

/** A whole number as text, undefined where it is none or too large to be exact. */
export function wholeNumber(text: string): number | undefined {
  if (!integer.test(text)) return undefined;
  const value = Number(text);
  // Adding zero turns -0 into 0, which is how frame numbers are printed and compared.
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

/**
 * Reads a number within limits.
 * @throws RotoError `invalid_argument`
 */
export function parseNumber(text: string, limits: NumberLimits): number {
  const kind = limits.kind ?? 'number';
  const value = kind === 'number' ? decimalNumber(text.trim()) : wholeNumber(text.trim());
  if (value === undefined || value < limits.min || value > limits.max) {
    throw new RotoError(
      'invalid_argument',
      `Expected a ${kind} from ${limits.min} to ${limits.max} for ${limits.flag} but received ${quoted(text)}.`,
      { param: limits.flag },
    );
  }
  return value;
}

/** Text as it is shown in a sentence: quoted, control characters escaped, cut where too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
