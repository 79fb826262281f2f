import { RotoError } from '@roto/sdk/contract';
import type { DeepFrame } from '../media/clip.ts';
import type { MatteFrame, WriterContext } from './writer.ts';

/** The plate of a frame, for writers that put colour beside or under the matte. */
export function platePicture(frame: MatteFrame, context: WriterContext): DeepFrame {
  if (frame.plate !== undefined) return frame.plate;
  throw new RotoError(
    'internal',
    `Expected the plate of frame ${frame.number} for ${context.path}, but none came`,
  );
}
