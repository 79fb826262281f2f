/**
 * A bigint column's text as a number. Sizes and counts fit; one that does not is refused rather
 * than rounded.
 */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for a number`);
  return value;
}
