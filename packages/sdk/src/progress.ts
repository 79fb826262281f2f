/** How far a transfer is; `loadedBytes` never goes back within a phase, and ends at the total. */
export interface TransferProgress {
  /** `hash`: the file is read to know its SHA-256. */
  readonly phase: 'hash' | 'upload' | 'download';
  readonly loadedBytes: number;
  /** Undefined where the other side, or a stream, does not say. */
  readonly totalBytes: number | undefined;
}
