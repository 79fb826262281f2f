import type { SequenceSource, VideoMetadata } from '@roto/sdk/contract';
import type { CreatedAt, Defaulted, DefaultJson, Nullable, NullableJson } from '../column-types.ts';

/** Points as a video keeps them, in pixels of the displayed picture. */
export interface StoredPoints {
  readonly positive: readonly (readonly [number, number])[];
  readonly negative: readonly (readonly [number, number])[];
}

/** A box as a video keeps it, in pixels of the displayed picture. */
export interface StoredBox {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Clips: a row is one movie or one numbered sequence. */
export interface VideosTable {
  id: string;
  user_id: string;
  title: string;
  kind: 'movie' | 'sequence';
  status: Defaulted<'uploading' | 'processing' | 'ready' | 'failed'>;
  error_code: Nullable<string>;
  error_message: Nullable<string>;
  /** Where the original lies: a key, or for a sequence the prefix of its frames' keys. */
  s3_key: string;
  thumbnail_key: Nullable<string>;
  mask_key: Nullable<string>;
  forward_reverse_key: Nullable<string>;
  bbox: NullableJson<StoredBox>;
  points: NullableJson<StoredPoints>;
  mask_data: NullableJson<unknown>;
  /** Once it was looked at; before that of a sequence how it is to be read. */
  video_metadata: NullableJson<
    Partial<VideoMetadata> & {
      source?: SequenceSource;
      /** Names the frames of a sequence, once all are there. */
      sequenceSha256?: string;
    }
  >;
  video_keys: NullableJson<Record<string, string>>;
  created_at: CreatedAt;
  updated_at: Defaulted<Date>;
}

/** Everything that lies in storage, counted against an account. */
export interface FilesTable {
  id: string;
  user_id: string;
  video_id: Nullable<string>;
  task_id: Nullable<string>;
  key: string;
  category: 'videos' | 'masks' | 'thumbnails' | 'other';
  size_bytes: number;
  sha256: Nullable<string>;
  content_type: Nullable<string>;
  created_at: CreatedAt;
  expires_at: Nullable<Date>;
}

/** Sums of an account's files; the database keeps them, and `users.storage_used` after them. */
export interface StorageSumsTable {
  user_id: string;
  category: FilesTable['category'];
  bytes: number;
  files: number;
}

/** Frames of a sequence by number. */
export interface SequenceFramesTable {
  video_id: string;
  frame: number;
  file_id: string;
  sha256: string;
}

/** Uploads under way and how they ended. */
export interface UploadsTable {
  id: string;
  user_id: string;
  video_id: string;
  protocol: 'multipart' | 'tus' | 's3' | 'sequence';
  status: Defaulted<'open' | 'completed' | 'aborted' | 'expired'>;
  /** Bytes that were announced; null where they were not. */
  size_bytes: Nullable<number>;
  received_bytes: Defaulted<number>;
  sha256: Nullable<string>;
  /** Id of the upload at the store: S3's, or tus's. */
  storage_upload_id: Nullable<string>;
  metadata: DefaultJson<Record<string, unknown>>;
  created_at: CreatedAt;
  updated_at: Defaulted<Date>;
  expires_at: Date;
}

/** Parts of an upload that have arrived. */
export interface UploadPartsTable {
  upload_id: string;
  part_number: number;
  size_bytes: number;
  etag: Nullable<string>;
  sha256: Nullable<string>;
  created_at: CreatedAt;
}
