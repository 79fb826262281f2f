import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createFileGrants } from '../src/storage/file-grants.ts';
import { createFolderStorage } from '../src/storage/folder.ts';
import { restoreTrack, TrackCopy } from '../src/worker/track-copy.ts';

const prefix = 'users/usr_1/videos/vid_1/tasks/tsk_1/track/';

async function makePlace() {
  const folder = await mkdtemp(join(tmpdir(), 'roto-copy-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const grants = createFileGrants(['a secret of more than thirty-two characters']);
  const storage = createFolderStorage({ folder: join(folder, 'files'), grants, origin: () => '' });
  await storage.check();
  const cache = join(folder, 'cache');
  const put = async (file: string, text: string, write: typeof writeFile = writeFile) => {
    await mkdir(dirname(join(cache, file)), { recursive: true });
    await write(join(cache, file), text);
  };
  return { folder, storage, cache, put };
}

it('sends only what a growing file grew by, and puts it together again elsewhere', async () => {
  const { folder, storage, cache, put } = await makePlace();
  const run = 'stores/s/a.forward.1.run';
  await put(run, 'one');
  await put('stores/s/a.forward.25.state', 'old');
  const copy = new TrackCopy(storage, cache, prefix);
  await copy.save([run, 'stores/s/a.forward.25.state']);
  await put(run, ' two', appendFile);
  await put('stores/s/a.forward.50.state', 'new');
  await copy.save([run, 'stores/s/a.forward.50.state']);
  expect(copy.files.map(({ key, size }) => [key.slice(prefix.length), size])).toEqual([
    [`${run}.at-0`, 3],
    [`${run}.at-3`, 4],
    ['stores/s/a.forward.50.state', 3],
  ]);
  const other = join(folder, 'other');
  await restoreTrack(storage, prefix, other);
  expect(await readFile(join(other, run), 'utf8')).toBe('one two');
  expect(await readdir(join(other, 'stores/s'))).toHaveLength(2);
});

it('leaves what a cache has already: it may be further on', async () => {
  const { folder, storage, cache, put } = await makePlace();
  await put('stores/s/a.forward.1.run', 'one');
  const copy = new TrackCopy(storage, cache, prefix);
  await copy.save(['stores/s/a.forward.1.run']);
  await put('stores/s/a.forward.1.run', ' two', appendFile);
  await restoreTrack(storage, prefix, cache);
  expect(await readFile(join(folder, 'cache/stores/s/a.forward.1.run'), 'utf8')).toBe('one two');
});
