import { type ResultClip, type ShotInput, ShotSource } from '@roto/sdk/contract';
import { openClip } from '../media/open-clip.ts';
import { cacheFolder } from '../track/cache-folder.ts';
import { resultClip } from './result-clip.ts';

/** Where a clip is looked for. */
export interface ProbeClipOptions {
  /** Folder that relative paths start from; the current one unless said. */
  readonly base?: string;
  /** Folder the cache lives in; `ROTO_CACHE_DIR`, else the XDG cache, unless said. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
}

/** What is known of a clip without decoding it: size, rate, and the numbers of its frames. */
export async function probeClip(
  source: ShotInput['source'],
  options: ProbeClipOptions = {},
): Promise<ResultClip> {
  const clip = await openClip(ShotSource.parse(source), {
    ...(options.base === undefined ? {} : { base: options.base }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    cacheDir: cacheFolder(options.cache),
  });
  try {
    return resultClip(clip.info);
  } finally {
    await clip.close();
  }
}
