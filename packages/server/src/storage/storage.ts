import type { Readable } from 'node:stream';
import type { DataStore } from '@tus/server';

/** The bytes `first` to `last` of an object, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What is known of an object without reading it. */
export interface StoredInfo {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
  /** Changes when the content does; with its quotes. */
  readonly etag: string;
}

/** What was put. */
export interface PutResult {
  readonly size: number;
  /** Hex, of what was written. */
  readonly sha256: string;
}

export interface PutOptions {
  /** Refuses, while it streams, what is longer. */
  readonly maxBytes?: number | undefined;
  /** Refuses, at the end, what has another hex SHA-256. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface UrlOptions {
  readonly expiresAt: Date;
  /** What a browser that saves the file calls it. */
  readonly filename: string;
  /** True: for players and pictures on a page; false: to be saved. False unless said. */
  readonly inline?: boolean;
}

/** One part that a store has of an upload in parts. */
export interface StoredPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly size: number;
}

/** Uploads in parts that clients send to the store themselves. */
export interface PartStorage {
  /** Smallest size of a part but the last, in bytes. */
  readonly smallestPart: number;
  /** Begins one and gives the store's id of it. */
  create(key: string): Promise<string>;
  /** Where a client PUTs one part. */
  partUrl(upload: PartUpload, partNumber: number, expiresAt: Date): Promise<string>;
  /** Parts that have arrived, by number, as the store counts them. */
  list(upload: PartUpload): Promise<StoredPart[]>;
  /** Makes one object of them. */
  complete(upload: PartUpload, parts: readonly StoredPart[]): Promise<void>;
  /** Forgets what has arrived; does nothing where there is no such upload. */
  abort(upload: PartUpload): Promise<void>;
}

/** An upload in parts, as the store knows it. */
export interface PartUpload {
  readonly key: string;
  /** The store's id of it. */
  readonly uploadId: string;
}

/** Where uploads by the tus protocol gather. The id of one is the key it will have. */
export interface TusHome {
  readonly store: DataStore;
  /** Puts a whole upload where its key says, and clears what tus kept beside it. */
  finish(key: string): Promise<void>;
  /** Removes an upload that is not finished; does nothing where there is none. */
  discard(key: string): Promise<void>;
}

/**
 * Where files lie: the one port with two homes, a folder and a bucket. Keys are made by `keys.ts`
 * alone; the ending of a key says its content type. An object is there whole or not at all.
 */
export interface Storage {
  readonly kind: 'folder' | 's3';
  /** @throws RotoError `invalid_config` where it cannot be written, in a sentence */
  check(): Promise<void>;
  /**
   * Writes an object as it streams in; under its key it appears when it is whole.
   * @throws RotoError `payload_too_large`, `transfer_corrupt`, `disk_full`; the signal's reason
   */
  put(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<PutResult>;
  /**
   * Reads an object, or a range that lies within it.
   * @throws RotoError `not_found`
   */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** Undefined where there is none. */
  head(key: string): Promise<StoredInfo | undefined>;
  /** An address that anybody may GET until it expires, with ranges. */
  url(key: string, options: UrlOptions): Promise<string>;
  /**
   * Copies an object without its bytes passing through here.
   * @throws RotoError `not_found`
   */
  copy(from: string, to: string): Promise<void>;
  /** Removes objects; those that are not there are no failure. */
  delete(keys: readonly string[]): Promise<void>;
  /** Objects whose keys start with `prefix`, which ends in `/` or is empty. */
  list(prefix: string): AsyncIterable<StoredInfo>;
  /** The path of an object for programs that read files; undefined where it has none here. */
  localPath(key: string): string | undefined;
  /** Undefined where clients cannot send to the store themselves. */
  readonly parts: PartStorage | undefined;
  readonly tus: TusHome;
}
