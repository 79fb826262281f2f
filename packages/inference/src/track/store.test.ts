import { describe, expect, it } from 'vitest';
import type { EngineIdentity } from '../engine/engine.ts';
import type { ClipInfo } from '../media/clip.ts';
import { storeName } from './store.ts';

const engine: EngineIdentity = {
  engine: 'lite',
  model: { id: 'mobilesam', sha256: 'a' },
  device: 'cuda:0',
  settings: { tracker: 1, inputSize: 1024 },
};
const clip: ClipInfo = {
  path: '/plates/a.mp4',
  kind: 'movie',
  width: 64,
  height: 48,
  rate: { num: 24, den: 1 },
  firstFrame: 0,
  lastFrame: 9,
  missingFrames: [],
  bitDepth: 8,
  hasAlpha: false,
  pixelAspect: { num: 1, den: 1 },
  rotation: 0,
  variableRate: false,
  color: { range: 'limited', matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' },
  viewTransform: 'display',
  timecode: undefined,
  hasAudio: false,
  fingerprint: 'f',
  warnings: [],
};
const name = (more: Partial<ClipInfo> = {}, other: Partial<EngineIdentity> = {}): string =>
  storeName({ ...clip, ...more }, { ...engine, ...other }, 'error');

describe('storeName', () => {
  it.each<[string, Partial<ClipInfo>, Partial<EngineIdentity>]>([
    ['another version of the engine', {}, { settings: { tracker: 2, inputSize: 1024 } }],
    ['another input size', {}, { settings: { tracker: 1, inputSize: 672 } }],
    ['another model', {}, { model: { id: 'mobilesam', sha256: 'b' } }],
    ['another kind of device', {}, { device: 'cpu' }],
    ['other pixels', { fingerprint: 'g' }, {}],
    ['other frame numbers', { firstFrame: 1001 }, {}],
    ['another view of linear light', { viewTransform: 'linear-rec709 -> sRGB, 1 stop' }, {}],
  ])('never lets masks be read that were made with %s', (_, otherClip, otherEngine) => {
    expect(name(otherClip, otherEngine)).not.toBe(name());
  });

  it('does not depend on where the clip lies, nor on which card of a kind ran', () => {
    expect(name({ path: '/elsewhere/b.mp4' }, { device: 'cuda:1' })).toBe(name());
  });

  it('parts what fills the gaps of a sequence, where it has any', () => {
    const names = (missingFrames: number[]) =>
      new Set(
        (['hold', 'black'] as const).map((how) =>
          storeName({ ...clip, missingFrames }, engine, how),
        ),
      );
    expect(names([]).size).toBe(1);
    expect(names([3]).size).toBe(2);
  });
});
