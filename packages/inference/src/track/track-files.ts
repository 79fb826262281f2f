import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { namesIn } from './run-files.ts';
import { type CacheOptions, filesOfTrack, findTrack } from './tracks.ts';

/**
 * Everything the cache keeps of a track, complete or not: paths relative to the cache's folder, with
 * `/`. The same files in another cache are the track there, and a run goes on from them. Files are
 * added and replaced whole while a run tracks, but for those that end in `.run`, which only grow; one
 * that was copied torn counts up to where it is whole.
 * @throws RotoError `track_not_found`
 */
export async function trackFiles(track: string, options: CacheOptions = {}): Promise<string[]> {
  const cacheDir = cacheFolder(options.cache);
  const { id, store, anchors } = await findTrack(track, cacheDir);
  const names = await namesIn(join(cacheDir, 'stores', store));
  const own = filesOfTrack(
    names.filter((name) => !name.endsWith('.tmp')),
    anchors,
  );
  return [`tracks/${id}.json`, ...['about.json', ...own].map((name) => `stores/${store}/${name}`)];
}
