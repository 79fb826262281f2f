import type { z } from 'zod';
import { type NumberLimits, parseNumber } from './numbers.ts';

/** Reads a number within the limits the contract sets for its field. */
export function limited(
  flag: string,
  schema: z.ZodNumber,
  kind: NumberLimits['kind'] = 'number',
): (text: string) => number {
  const { minValue, maxValue } = schema;
  const limits = { flag, kind, min: minValue ?? -Infinity, max: maxValue ?? Infinity };
  return (text: string) => parseNumber(text, limits);
}
