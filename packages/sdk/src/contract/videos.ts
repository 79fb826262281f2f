import { z } from 'zod';
import { FrameNumber, FrameRate } from './frames.ts';
import { idOf } from './ids.ts';
import { ClickBox, ClickPoints } from './masks.ts';
import { PageQuery } from './pagination.ts';
import { ResultWarning } from './result.ts';
import { ShotSource } from './shot.ts';
import { Timestamp } from './users.ts';

/** Hex SHA-256 of a file. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'Expected a SHA-256 of 64 small hexadecimal digits' })
  .meta({ description: 'Hex SHA-256.' });

/** Where a video is. Work is taken on `ready` ones only. */
export const VideoStatus = z.enum(['uploading', 'processing', 'ready', 'failed']);
export type VideoStatus = z.infer<typeof VideoStatus>;

/** How the frames of a sequence are read; as in a shot document. */
export const SequenceSource = z.object({
  rate: FrameRate.nullable(),
  missingFrames: ShotSource.shape.missingFrames,
  inputColorspace: ShotSource.shape.inputColorspace,
});
export type SequenceSource = z.infer<typeof SequenceSource>;

/** What is known of a clip once it was looked at. Sizes are of the displayed picture. */
export const VideoMetadata = z
  .object({
    filename: z.string(),
    width: z.int().positive(),
    height: z.int().positive(),
    rate: FrameRate,
    firstFrame: FrameNumber,
    lastFrame: FrameNumber,
    frames: z.int().positive(),
    seconds: z.number().nonnegative(),
    /** Frames of a sequence that are not there. */
    missingFrames: z.array(FrameNumber),
    bitDepth: z.int().positive(),
    hasAlpha: z.boolean(),
    hasAudio: z.boolean(),
    variableRate: z.boolean(),
    rotation: z.int(),
    pixelAspect: FrameRate,
    timecode: z.string().nullable(),
    color: z.object({
      range: z.string(),
      matrix: z.string(),
      primaries: z.string(),
      transfer: z.string(),
    }),
    /** Of a movie: ffmpeg's names. */
    codec: z.string().nullable(),
    container: z.string().nullable(),
    /** Names the pixels: equal for equal clips. */
    fingerprint: z.string(),
    /**
     * What `url` plays: the file itself, or one made of it, frame for frame the same; null where
     * none could be made.
     */
    browser: z
      .object({
        from: z.enum(['original', 'mezzanine']),
        width: z.int().positive(),
        height: z.int().positive(),
        frames: z.int().positive(),
      })
      .nullable(),
    warnings: z.array(ResultWarning),
  })
  .meta({ id: 'VideoMetadata' });
export type VideoMetadata = z.infer<typeof VideoMetadata>;

/** A clip: one movie, or one numbered sequence. Its addresses expire. */
export const Video = z
  .object({
    id: idOf('video'),
    title: z.string(),
    kind: z.enum(['movie', 'sequence']),
    status: VideoStatus,
    error_code: z.string().nullable(),
    /** Why it failed. */
    error_message: z.string().nullable(),
    created_at: Timestamp,
    updated_at: Timestamp,
    /** Bytes of what was uploaded. */
    size_bytes: z.int().nonnegative(),
    /** Of a movie's file, or of a sequence as `sequenceDigestHead` says; once it is known. */
    sha256: z.string().nullable(),
    /** What a browser plays; null before the video is ready. */
    url: z.string().nullable(),
    /** What was uploaded; null of a sequence, and before it is there. */
    original_url: z.string().nullable(),
    thumbnail_url: z.string().nullable(),
    forward_reverse_url: z.string().nullable(),
    urls_expire_at: Timestamp,
    /** What the last preview was asked with, and what it gave. */
    points: ClickPoints.nullable(),
    bbox: ClickBox.nullable(),
    mask_data: z.unknown(),
    video_metadata: VideoMetadata.nullable(),
  })
  .meta({ id: 'Video' });
export type Video = z.infer<typeof Video>;

/** Query of the list of videos. */
export const VideosQuery = PageQuery.extend({
  status: VideoStatus.optional(),
  /** Only movies whose file, or sequences whose frames have this SHA-256: whether they have to be sent at all. */
  sha256: Sha256.optional(),
});
export type VideosQuery = z.infer<typeof VideosQuery>;

/** What a video may be called: one line. */
export const VideoTitle = z
  .string()
  .trim()
  .min(1, { error: 'Expected a title' })
  .max(255, { error: 'Expected a title of at most 255 characters' })
  .refine((title) => !/\p{Cc}/u.test(title), { error: 'Expected a title of one line' });

/** Body of a change; what is left out stays. */
export const UpdateVideoParams = z
  .strictObject({
    title: VideoTitle.optional(),
    points: ClickPoints.nullable().optional(),
    bbox: ClickBox.nullable().optional(),
  })
  .meta({ id: 'UpdateVideoParams' });
export type UpdateVideoParams = z.infer<typeof UpdateVideoParams>;

/** New addresses of a video's files. */
export const VideoUrls = Video.pick({
  url: true,
  original_url: true,
  thumbnail_url: true,
  forward_reverse_url: true,
  urls_expire_at: true,
}).meta({ id: 'VideoUrls' });
export type VideoUrls = z.infer<typeof VideoUrls>;

/** Bytes and files of one kind. */
export const StorageSum = z.object({ bytes: z.int().nonnegative(), files: z.int().nonnegative() });

/** What an account keeps in storage, exactly. */
export const StorageReport = z
  .object({
    total: StorageSum,
    videos: StorageSum,
    masks: StorageSum,
    thumbnails: StorageSum,
    other: StorageSum,
    /** Bytes that uploads under way have announced. */
    reserved_bytes: z.int().nonnegative(),
    limit_bytes: z.int().nonnegative(),
    /** The largest upload there may be. */
    largest_upload_bytes: z.int().nonnegative(),
  })
  .meta({ id: 'StorageReport' });
export type StorageReport = z.infer<typeof StorageReport>;
