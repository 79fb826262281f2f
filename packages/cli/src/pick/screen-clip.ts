import type { ShotSource } from '@roto/sdk/contract';
import { FrameShelf } from './frame-shelf.ts';
import { largestScreenSide, type PickSession } from './pick-session.ts';

type Inference = typeof import('@roto/inference');

/** A clip of this machine for screens: its frames, small enough, and pictures as files. */
export type ScreenClip = Pick<
  PickSession,
  'picture' | 'pictureFile' | 'encode' | 'maskFile' | 'colors'
> & {
  /** A frame with its number. */
  frame(number: number, signal?: AbortSignal): ReturnType<Inference['shrinkFrame']>;
  close(): Promise<void>;
};

/** @throws what opening a clip throws */
export async function openScreenClip(
  inference: Inference,
  source: ShotSource,
  signal: AbortSignal,
): Promise<ScreenClip> {
  const clip = await inference.openClip(source, { signal });
  const shelf = new FrameShelf(clip, (frame) => inference.shrinkFrame(frame, largestScreenSide));
  const frame: ScreenClip['frame'] = (number, stop) => shelf.frame(number, stop);
  return {
    frame,
    picture: frame,
    pictureFile: async (number, stop) => inference.jpegPicture(await frame(number, stop)),
    encode: (picture) => inference.jpegPicture(picture),
    maskFile: ({ matte }) => inference.greyPng(matte),
    colors: inference.overlayColors,
    close: () => shelf.close(),
  };
}
