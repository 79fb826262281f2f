import { UploadError } from './errors.ts';

/** Something to upload, read piece by piece. */
export interface UploadSource {
  /** What the file is called, without a folder. */
  readonly name: string;
  /** Undefined where a stream does not say. */
  readonly sizeBytes: number | undefined;
  /** Whether it can be read again from the start, by a later process too. */
  readonly rereadable: boolean;
  /**
   * The bytes from `from` on, `maxBytes` at most; none at the end.
   * @throws UploadError where a stream is past that place
   */
  read(from: number, maxBytes: number): Promise<Blob | Uint8Array<ArrayBuffer>>;
  /** @throws UploadError `source_unreadable` where it is not what it was when it was opened */
  assertUnchanged(): Promise<void>;
}

/** A `Blob` or `File`; nothing of it is held in memory that the runtime does not hold already. */
export function blobSource(blob: Blob, name?: string): UploadSource {
  return {
    name: name ?? ('name' in blob && typeof blob.name === 'string' ? blob.name : 'upload'),
    sizeBytes: blob.size,
    rereadable: true,
    read: async (from, maxBytes) => blob.slice(from, Math.min(from + maxBytes, blob.size)),
    assertUnchanged: async () => undefined,
  };
}

export interface StreamSourceOptions {
  readonly name: string;
  /** How long it will be, if that is known. */
  readonly sizeBytes?: number | undefined;
}

/**
 * A stream, read once. The piece the server has not yet confirmed is kept, so that a broken
 * connection costs nothing; a stopped process has to begin again.
 */
export function streamSource(
  stream: AsyncIterable<Uint8Array>,
  { name, sizeBytes }: StreamSourceOptions,
): UploadSource {
  const chunks = stream[Symbol.asyncIterator]();
  let kept = new Uint8Array();
  let keptFrom = 0;
  return {
    name,
    sizeBytes,
    rereadable: false,
    read: async (from, maxBytes) => {
      if (from < keptFrom || from > keptFrom + kept.byteLength) throw gone(from);
      const pieces: Uint8Array[] = [kept.subarray(from - keptFrom)];
      let bytes = kept.byteLength - (from - keptFrom);
      while (bytes < maxBytes) {
        const next = await chunks.next();
        if (next.done === true) break;
        pieces.push(next.value);
        bytes += next.value.byteLength;
      }
      kept = joined(pieces, bytes);
      keptFrom = from;
      return kept.slice(0, maxBytes);
    },
    assertUnchanged: async () => undefined,
  };
}

function gone(from: number): UploadError {
  return new UploadError(`The stream is past byte ${from}, where the server wants to go on.`, {
    uploadedBytes: from,
    retryable: false,
    hint: 'Upload again with a new stream, or from a file, which can be read again.',
  });
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
