import type { TransferProgress } from './progress.ts';

/** What to download. */
export interface DownloadSource {
  /** A path below the client's base, or a whole address; a function is asked again once it has expired. */
  readonly url: string | (() => string | Promise<string>);
  /** Bytes it has, where that is known. */
  readonly sizeBytes?: number | undefined;
  /** Hex SHA-256, where that is known: nothing else gets the file's name. */
  readonly sha256?: string | undefined;
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** Tries in a row that bring next to nothing. The client's number of retries and two unless given. */
  readonly maxRetries?: number | undefined;
  /** Milliseconds without a byte after which the connection counts as dead. 30,000 unless given. */
  readonly stallMs?: number | undefined;
}
