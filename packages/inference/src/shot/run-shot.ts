import type { RunEvent } from '@roto/sdk/contract';

export interface RunShotOptions {
  /** Folder for the outputs; made when the first of them is whole. */
  readonly out: string;
  /** Folder that relative paths of the shot start from; the current one unless said. */
  readonly base?: string;
  /** Replaces outputs that are there already. */
  readonly overwrite?: boolean;
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Told of the start, of every finished frame and of every warning; not of result and error. */
  readonly onEvent?: (event: RunEvent) => void;
}
