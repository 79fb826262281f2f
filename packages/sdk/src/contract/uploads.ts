import { z } from 'zod';
import { FrameNumber, FrameRate } from './frames.ts';
import { idOf } from './ids.ts';
import { pageOf } from './pagination.ts';
import { ShotSource } from './shot.ts';
import { Timestamp } from './users.ts';
import { Sha256, VideoTitle } from './videos.ts';

/** An upload under way, or how it ended. */
export const UploadState = z
  .object({
    id: idOf('upload'),
    video_id: idOf('video'),
    protocol: z.enum(['multipart', 'tus', 's3', 'sequence']),
    status: z.enum(['open', 'completed', 'aborted', 'expired']),
    /** Bytes that were announced; null where they were not. */
    size_bytes: z.int().nonnegative().nullable(),
    received_bytes: z.int().nonnegative(),
    /** When it is given up unless something arrives. */
    expires_at: Timestamp,
  })
  .meta({ id: 'UploadState' });
export type UploadState = z.infer<typeof UploadState>;

/** Body that begins an upload in parts, sent to the store itself. */
export const PartUploadParams = z
  .strictObject({
    filename: VideoTitle,
    size_bytes: z.int().positive(),
    sha256: Sha256.optional(),
  })
  .meta({ id: 'PartUploadParams' });
export type PartUploadParams = z.infer<typeof PartUploadParams>;

/** An upload in parts: each but the last has `part_bytes` bytes. */
export const PartUploadBegun = UploadState.extend({
  part_bytes: z.int().positive(),
  part_count: z.int().positive(),
}).meta({ id: 'PartUploadBegun' });
export type PartUploadBegun = z.infer<typeof PartUploadBegun>;

export const PartUrlsParams = z
  .strictObject({ part_numbers: z.array(z.int().min(1).max(10_000)).min(1).max(100) })
  .meta({ id: 'PartUrlsParams' });

/** Where to PUT parts, without any other header. */
export const PartUrls = z
  .object({
    parts: z.array(z.object({ part_number: z.int(), url: z.string() })),
    expires_at: Timestamp,
  })
  .meta({ id: 'PartUrls' });
export type PartUrls = z.infer<typeof PartUrls>;

/** Parts the store has, for going on after a break. */
export const ArrivedParts = z
  .object({ parts: z.array(z.object({ part_number: z.int(), size_bytes: z.int() })) })
  .meta({ id: 'ArrivedParts' });

/** Body that begins to send a sequence, or changes to one that is there. */
export const SequenceUploadParams = z
  .strictObject({
    title: VideoTitle.optional(),
    /** A sequence to change: frames it has with the same SHA-256 need not be sent again. */
    video_id: idOf('video').optional(),
    /** Ending of the frames' names. */
    format: z.enum(['png', 'jpg', 'jpeg', 'tif', 'tiff', 'exr']),
    rate: FrameRate.optional(),
    missing_frames: ShotSource.shape.missingFrames,
    input_colorspace: ShotSource.shape.inputColorspace,
    /** Bytes of all frames together, where they are known: room is kept for them. */
    size_bytes: z.int().positive().optional(),
  })
  .meta({ id: 'SequenceUploadParams' });
export type SequenceUploadParams = z.infer<typeof SequenceUploadParams>;

/** A frame that is there. */
export const SequenceFrame = z
  .object({ frame: FrameNumber, size_bytes: z.int().nonnegative(), sha256: Sha256 })
  .meta({ id: 'SequenceFrame' });
export type SequenceFrame = z.infer<typeof SequenceFrame>;

/** Frames that are there, by rising number. */
export const SequenceFrames = pageOf(SequenceFrame).meta({ id: 'SequenceFrames' });
export const SequenceFramesQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(1000),
  cursor: z.coerce.number().pipe(FrameNumber).optional(),
});

/** Body that ends the sending of a sequence. */
export const CompleteSequenceParams = z
  .strictObject({
    /** How many frames there are to be, so that a lost one is noticed. */
    frames: z.int().positive().max(1_000_000),
  })
  .meta({ id: 'CompleteSequenceParams' });
