import type { UploadSource } from './upload-source.ts';

/** One picture of a sequence on this machine. */
export interface LocalFrame {
  /** As artists count it: 1001. */
  readonly frame: number;
  readonly path: string;
}

/** A movie, or a numbered sequence, as it lies on this machine. */
export type LocalClip =
  | { readonly kind: 'movie'; readonly source: UploadSource }
  | {
      readonly kind: 'sequence';
      /** File name with `####` for the number. */
      readonly name: string;
      /** Ending of the names, in small letters, without its dot. */
      readonly format: string;
      /** By rising number, at least one. */
      readonly frames: readonly LocalFrame[];
    };
