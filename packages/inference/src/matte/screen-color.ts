import { RotoError } from '@roto/sdk/contract';

/**
 * Red, green and blue of `#rrggbb`, 0..65535 each.
 * @throws RotoError `invalid_argument`
 */
export function screenColorOf(color: string): readonly [number, number, number] {
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (parts === null) {
    throw new RotoError(
      'invalid_argument',
      `Expected a colour written #rrggbb, got ${JSON.stringify(color)}.`,
    );
  }
  const channel = (index: number) => Number.parseInt(parts[index] ?? '0', 16) * 257;
  return [channel(1), channel(2), channel(3)];
}
