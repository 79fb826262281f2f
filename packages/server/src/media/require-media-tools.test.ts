import { expect, it } from 'vitest';
import { isFit } from './require-media-tools.ts';

it.each([
  ['5.1.9-0+deb12u1', 'system', true],
  ['5.0.1', 'system', false],
  ['4.4.2-0ubuntu0.22.04.1', 'system', false],
  ['n7.1', 'ROTO_FFMPEG', true],
  ['N-118000-gabcdef', 'system', true],
  ['10.0', 'system', true],
  ['7.1', 'packaged', false],
] as const)('takes ffmpeg %s from %s for clips of strangers: %s', (version, source, fits) => {
  expect(isFit({ version, source })).toBe(fits);
});
