// Masks every clip that comes into a folder with a shot document beside it (clip.mov and
// clip.roto.json): node watch-folder.ts INBOX OUT. What is done moves to INBOX/done, what fails to
// INBOX/failed with its reason; a clip that still grows is left for later. --once ends after one look.
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderUploadStore, Roto, RotoError } from '@roto/sdk';
import { parseShot } from '@roto/sdk/contract';

const [inbox = 'inbox', out = 'mattes', ...flags] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const roto = new Roto();
const sizes = new Map<string, number>();

await mkdir(join(inbox, 'done'), { recursive: true });
await mkdir(join(inbox, 'failed'), { recursive: true });
do {
  for (const name of (await readdir(inbox)).filter((one) => one.endsWith('.roto.json'))) {
    if (stop.signal.aborted) break;
    await look(name.slice(0, -'.roto.json'.length));
  }
} while (!flags.includes('--once') && (await pause()));

async function look(base: string): Promise<void> {
  const clip = (await readdir(inbox)).find(
    (name) => parse(name).name === base && !name.endsWith('.json'),
  );
  if (clip === undefined || (await isGrowing(join(inbox, clip)))) return;
  const document = `${base}.roto.json`;
  try {
    const shot = parseShot(JSON.parse(await readFile(join(inbox, document), 'utf8')));
    const { files } = await roto.mask(join(inbox, clip), {
      shot,
      to: join(out, base),
      upload: { store: folderUploadStore() },
      signal: stop.signal,
    });
    console.log(`${clip}: ${files.length} files`);
    await file('done', [clip, document]);
  } catch (error) {
    if (stop.signal.aborted) return;
    const reason = error instanceof RotoError ? `${error.code}: ${error.message}` : String(error);
    console.error(`${clip}: ${reason}`);
    await writeFile(join(inbox, 'failed', `${base}.txt`), `${reason}\n`);
    await file('failed', [clip, document]);
  }
}

/** Whether a copy is still under way: its size is not that of the last look. */
async function isGrowing(path: string): Promise<boolean> {
  const { size } = await stat(path);
  const before = sizes.get(path);
  sizes.set(path, size);
  return size !== before && !flags.includes('--once');
}

async function file(where: 'done' | 'failed', names: readonly string[]): Promise<void> {
  for (const name of names) await rename(join(inbox, name), join(inbox, where, name));
}

async function pause(): Promise<boolean> {
  return sleep(2000, true, { signal: stop.signal }).catch(() => false);
}
