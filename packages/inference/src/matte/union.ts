import { RotoError } from '@roto/sdk/contract';
import { type Matte, opaque } from './alpha.ts';

/**
 * One matte of several: 1 - product of (1 - alpha), so overlapping soft edges add up without going
 * over. At least one matte, all of one size.
 * @throws RotoError `invalid_argument`
 */
export function uniteMattes(mattes: readonly Matte[]): Matte {
  const [first, ...rest] = mattes;
  if (first === undefined) {
    throw new RotoError('invalid_argument', 'Expected at least one matte to unite, got none.');
  }
  if (rest.length === 0) return first;
  const alpha = first.alpha.slice();
  for (const matte of rest) {
    if (matte.width !== first.width || matte.height !== first.height) {
      throw new RotoError(
        'invalid_argument',
        `Expected mattes of one size, got ${first.width}x${first.height} and ${matte.width}x${matte.height}.`,
      );
    }
    for (let i = 0; i < alpha.length; i++) {
      const a = alpha[i] ?? 0;
      const b = matte.alpha[i] ?? 0;
      alpha[i] = a + b - Math.round((a * b) / opaque);
    }
  }
  return { width: first.width, height: first.height, alpha };
}
